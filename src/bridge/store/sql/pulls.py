"""Channels that are pulled: their facts, the windows of their streams, and what is asked for by its id."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.errors import StaleError
from bridge.model.channel import Asking, ChannelFacts, Inquiry, KeptChannelFacts, Window, WindowState
from bridge.store.packing import micros
from bridge.store.sql import tables
from bridge.store.sql.codec import Instant
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Row, Select, Work, asking

_W = tables.stream_window.c
_O = tables.window_owner.c
_A = tables.stream_asking.c
_I = tables.inquiry.c
_F = tables.channel_facts.c
_SOME = 100
_IS_CURRENT = sa.text("stream_window.state <> 'closed'")
_IS_DUE = sa.text("stream_window.state = 'closed' AND stream_window.due_at IS NOT NULL")


class SqlWindows:
    """See ``store.api.Windows``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def current(self, connection_id: str, stream: str) -> Window | None:
        rows = self._work.ask(
            lambda connection, stream: _of_stream(connection, stream).where(_IS_CURRENT),
            connection=connection_id,
            stream=stream,
        )
        return next(map(_window, rows), None)

    def closed(self, connection_id: str, stream: str) -> tuple[Window, ...]:
        rows = self._work.ask(
            lambda connection, stream: _of_stream(connection, stream).order_by(_W.since_at),
            connection=connection_id,
            stream=stream,
        )
        return tuple(_window(row) for row in rows if row.state is WindowState.CLOSED)

    def through(self, connection_id: str) -> Mapping[str, datetime]:
        rows = self._work.ask(_through, connection=connection_id)
        return {stream: through or since for stream, through, since in rows}

    def askings(self, connection_id: str) -> Mapping[str, Asking]:
        rows = self._work.ask(
            lambda connection: asking(tables.stream_asking).where(_A.connection_id == connection),
            connection=connection_id,
        )
        return {row.stream: Asking(row.stream, row.answered_at, row.fault, row.told) for row in rows}

    def put_asking(self, connection_id: str, asking: Asking) -> None:
        told = msgspec.structs.asdict(asking)
        same = _A.connection_id == connection_id, _A.stream == told.pop("stream")
        if not self._work.write(self._work.update(tables.stream_asking).where(*same).values(**told)):
            self._work.add(tables.stream_asking, connection_id=connection_id, stream=asking.stream, **told)

    def to_count(self, connection_id: str, now: datetime) -> tuple[Window, ...]:
        mine = self._work.select(tables.stream_window).where(_W.connection_id == connection_id, _IS_DUE)
        return tuple(map(_window, self._work.rows(mine.where(_W.due_at <= now).order_by(_W.due_at).limit(_SOME))))

    def keep_only(self, connection_id: str, streams: Collection[str]) -> None:
        self._forget_others(tables.stream_asking, connection_id, {"", *streams} if streams else ())
        if self._forget_others(tables.stream_window, connection_id, streams):
            self._forget_others(tables.window_owner, connection_id, streams)

    def open(self, window: Window) -> None:
        key = {"connection_id": window.connection_id, "stream": window.stream, "since_at": window.since}
        if not self._work.add(tables.stream_window, **key, **_values(window)):
            raise _overtaken(window)

    def save(self, window: Window) -> Window:
        saved = msgspec.structs.replace(window, saves=window.saves + 1)
        change = self._work.update(tables.stream_window).where(*_key(window), _W.saves == window.saves)
        if self._work.write(change.values(**_values(saved))) != 1:
            raise _overtaken(window)
        return saved

    def forget(self, window: Window) -> None:
        gone = self._work.delete(tables.stream_window).where(*_key(window), _W.saves == window.saves)
        if self._work.write(gone) != 1:
            raise _overtaken(window)

    def join(self, before: Window, after: Window) -> None:
        self.forget(before)
        self.forget(after)
        self.open(msgspec.structs.replace(after, since=before.since))

    def add_owners(self, window: Window, owners: Collection[tuple[str, str]]) -> int:
        if not owners:
            return 0
        self._work.lock("window", window.connection_id, window.stream)  # two pulls at once take their turns here
        new = sorted(set(owners) - self._known(window, owners))
        start = (self._work.organisation_id, window.connection_id, window.stream, micros(window.since))
        if new:
            rows = ((*start, kind, external_id) for kind, external_id in new)
            self._work.add_many(tables.window_owner, rows)
        return len(new)

    def owners(self, window: Window) -> frozenset[tuple[str, str]]:
        mine = self._work.select(tables.window_owner, _O.kind, _O.external_id).where(*_holds(window))
        return frozenset((kind, external_id) for kind, external_id in self._work.rows(mine))

    def clear_owners(self, window: Window) -> None:
        self._work.write(self._work.delete(tables.window_owner).where(*_holds(window)))

    def forget_owner(self, connection_id: str, kind: str, external_id: str) -> None:
        mine = _O.connection_id == connection_id, _O.kind == kind, _O.external_id == external_id
        self._work.write(self._work.delete(tables.window_owner).where(*mine))

    def _of(self, connection_id: str, stream: str) -> sa.Select[*tuple[Any, ...]]:
        return self._work.select(tables.stream_window).where(_W.connection_id == connection_id, _W.stream == stream)

    def _forget_others(self, table: sa.Table, connection_id: str, streams: Collection[str]) -> int:
        others = table.c.connection_id == connection_id, table.c.stream.not_in(sorted(streams))
        return self._work.write(self._work.delete(table).where(*others))

    def _known(self, window: Window, owners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for kind in {kind for kind, _ in owners}:
            for some in in_parts(sorted(external_id for of, external_id in owners if of == kind)):
                mine = self._work.select(tables.window_owner, _O.external_id).where(*_holds(window), _O.kind == kind)
                rows = self._work.rows(mine.where(_O.external_id.in_(some)))
                found |= {(kind, external_id) for (external_id,) in rows}
        return found


def _of_stream(connection: Any, stream: Any) -> Select:
    return asking(tables.stream_window).where(_W.connection_id == connection, _W.stream == stream)


def _through(connection: Any) -> Select:
    closed_through = sa.func.max(sa.case((_W.state == WindowState.CLOSED, _W.until_at)))
    found = asking(tables.stream_window, _W.stream, closed_through, sa.func.min(_W.since_at))
    return found.where(_W.connection_id == connection).group_by(_W.stream)


class SqlInquiries:
    """See ``store.api.Inquiries``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, connection_id: str, inquiries: Sequence[Inquiry]) -> None:
        for one in inquiries:
            again = self._work.update(tables.inquiry).where(*_asks(connection_id, one))
            due_at = sa.case((_I.due_at < one.due_at, _I.due_at), else_=sa.literal(one.due_at, Instant))
            values = {"why": one.why, "due_at": due_at, "times": _I.times + 1}
            if not self._work.write(again.values(**values)):
                key = {"connection_id": connection_id, "kind": one.kind, "external_id": one.external_id}
                told = {"why": one.why, "due_at": one.due_at, "times": 1, "since_at": one.since or one.due_at}
                self._work.add(tables.inquiry, **key, **told)

    def due(self, connection_id: str, now: datetime, limit: int) -> tuple[Inquiry, ...]:
        mine = self._work.select(tables.inquiry).where(_I.connection_id == connection_id, _I.due_at <= now)
        return tuple(map(_inquiry, self._work.rows(mine.order_by(_I.due_at).limit(limit))))

    def of_connection(self, connection_id: str, limit: int) -> tuple[Inquiry, ...]:
        mine = self._work.select(tables.inquiry).where(_I.connection_id == connection_id)
        return tuple(map(_inquiry, self._work.rows(mine.order_by(_I.due_at).limit(limit))))

    def settle(self, connection_id: str, inquiry: Inquiry, due_at: datetime | None) -> None:
        same = (*_asks(connection_id, inquiry), _I.times == inquiry.times)
        if due_at is None:
            self._work.write(self._work.delete(tables.inquiry).where(*same))
        else:
            change = self._work.update(tables.inquiry).where(*same).values(due_at=due_at)
            self._work.write(change)


class SqlChannelFacts:
    """See ``store.api.ChannelFactsKept``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def all(self, connection_id: str) -> tuple[KeptChannelFacts, ...]:
        rows = self._work.rows(self._of(connection_id).order_by(_F.number))
        return tuple(KeptChannelFacts(row.body, row.taken_at) for row in rows)

    def put(self, connection_id: str, facts: ChannelFacts, at: datetime) -> bool:
        latest = self._work.row(self._of(connection_id).order_by(_F.number.desc()).limit(1))
        if latest is not None and latest.facts_hash == facts.facts_hash:
            return False
        number = latest.number + 1 if latest is not None else 1
        told: dict[str, Any] = {"number": number, "taken_at": at, "facts_hash": facts.facts_hash, "body": facts}
        if not self._work.add(tables.channel_facts, connection_id=connection_id, **told):
            raise StaleError("the channel's facts", "were taken by somebody else just now", "Run it again")
        self._work.note("channel_facts.taken", connection_id, facts.facts_hash)
        return True

    def _of(self, connection_id: str) -> sa.Select[*tuple[Any, ...]]:
        return self._work.select(tables.channel_facts).where(_F.connection_id == connection_id)


def _key(window: Window) -> tuple[sa.ColumnElement[bool], ...]:
    return _W.connection_id == window.connection_id, _W.stream == window.stream, _W.since_at == window.since


def _holds(window: Window) -> tuple[sa.ColumnElement[bool], ...]:
    return _O.connection_id == window.connection_id, _O.stream == window.stream, _O.since_at == window.since


def _asks(connection_id: str, inquiry: Inquiry) -> tuple[sa.ColumnElement[bool], ...]:
    return _I.connection_id == connection_id, _I.kind == inquiry.kind, _I.external_id == inquiry.external_id


def _values(window: Window) -> dict[str, Any]:
    values = msgspec.structs.asdict(window)
    for name in ("connection_id", "stream", "since"):
        del values[name]
    return values | {"until_at": values.pop("until")}


def _window(row: Row) -> Window:
    told = row._asdict()
    return Window(
        since=told["since_at"],
        until=told["until_at"],
        **{name: told[name] for name in Window.__struct_fields__ if name not in ("since", "until")},
    )


def _inquiry(row: Row) -> Inquiry:
    return Inquiry(row.kind, row.external_id, row.why, row.due_at, row.times, row.since_at)


def _overtaken(window: Window) -> StaleError:
    span = f"{window.stream} from {window.since:%Y-%m-%d %H:%M}"
    return StaleError(span, "another pull of this connection came first", "Run it again")
