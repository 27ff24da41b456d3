"""Checks of what a ledger does not let bridge read: it is named, and the rest is read. Of others they say nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bridge.errors import BridgeError
from bridge.plugin import Changes, ChangingSink, Observation, Unknown, Unread
from bridge.testing.sinks.bench import SinkBench, header_key
from bridge.testing.sinks.entries import DAY
from bridge.testing.verdict import none_of

_OVERLAP = timedelta(hours=1)


class UnreadChecks(SinkBench):
    """A kind that may not be read."""

    def test_a_kind_that_may_not_be_read_is_named_and_the_rest_is_read(self) -> None:
        with self.ledger() as ledger:
            if kind := ledger.refuse_to_show():
                sink = ledger.sink
                voucher = self.settled(sink, sink.facts())
                copy = sink.send(voucher, header_key(voucher))
                wanted = Observation(DAY - timedelta(days=1), DAY + timedelta(days=1), frozenset())
                none_of(_unnamed("observe", sink.observe(wanted), kind, copy.ref))
                if isinstance(sink, ChangingSink):
                    since = datetime.fromisoformat(copy.changed_at) - _OVERLAP
                    none_of(_unnamed("changes", sink.changes(since), kind, copy.ref))


def _unnamed(name: str, pages: Iterable[object], kind: str, ref: str) -> Iterator[str]:
    try:
        told = list(pages)
    except BridgeError as error:
        yield f"{kind} may not be read, and {name} ends in {error!r}; the other kinds are wanted"
        return
    unread = [page for page in told if isinstance(page, Unread)]
    if [one.kind for one in unread] != [kind]:
        yield f"{kind} may not be read, and {name} names {[one.kind for one in unread]}; an Unread of it is wanted"
    if not any(ref in _refs(page) for page in told):
        yield f"{kind} may not be read, and {name} leaves out what was sent, which is of another kind"


def _refs(page: object) -> Iterator[str]:
    copies = page.copies if isinstance(page, Changes) else () if isinstance(page, Unread | Unknown) else page
    return (copy.ref for copy in copies)  # type: ignore[attr-defined]
