"""What a check knows of days of which there is nothing more to say, and hands to the next one.

A day holds sums, and the ids of what they are of. It is a function of what stands in the store alone, whatever was
carried: its parts come in one order. The next check takes it over where nothing of what it holds was touched since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Final

import msgspec

from bridge.drift.sides.bundles import Bundle, Signs
from bridge.model.connections import Route
from bridge.plugin import SourceCapabilities
from bridge.store.api import UnitOfWork

FORM: Final = 1
"""Of the sums: another number where a day would come out otherwise of the same books. Nothing is then taken over."""
HEAD: Final = ""
Said = tuple[tuple[str, str, str], tuple[int, int, int]]
Share = tuple[str, int, str | None, int]


class Day(msgspec.Struct, frozen=True):
    """The entries booked on a day that stand in bundles, and the documents whose lines are in entries of that day.

    members:   the ids of each bundle's entries. documents: by id; each is booked, with all its lines.
    said:      (name, kind and currency of the row), (sales, refunds, documents) of these, see ``gathered``.
    shares:    (entry or bundle, posting, payout, minor units) of their payments.
    leans:     the entries, by id, that stand by themselves and hold lines of these documents.
    holders:   the documents that hold their payments, booked or not.
    """

    bundles: tuple[Bundle, ...] = ()
    members: tuple[tuple[str, ...], ...] = ()
    documents: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    shares: tuple[Share, ...] = ()
    leans: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()


NO_DAY: Final = Day()


class Carried(msgspec.Struct, frozen=True):
    """What a check hands on of one route.

    seq:     the number of the audit row up to which it was made. made_of: a hash of the settings that decide sums.
    alone:   entries that stand by themselves. loose: documents that no day holds. payouts: those in the books, by
             document id, with the channel's id.
    """

    seq: int
    made_of: str
    alone: tuple[str, ...]
    loose: tuple[str, ...]
    payouts: Mapping[str, str]
    days: Mapping[date, Day]


class _Head(msgspec.Struct, frozen=True):
    """``Carried``, but for its days."""

    seq: int
    made_of: str
    alone: tuple[str, ...]
    loose: tuple[str, ...]
    payouts: Mapping[str, str]


class Before(msgspec.Struct, frozen=True):
    """What was carried, and what was touched since: entries and documents, by id."""

    carried: Carried
    entries: frozenset[str]
    documents: frozenset[str]


class HandedOn(msgspec.Struct, frozen=True):
    """What is to be kept of a route for the next check of another, or of itself. gone: days that are no more."""

    route_id: str
    of_route: str
    carried: Carried
    changed: frozenset[date]
    gone: frozenset[date]


def made_of(route: Route, channel: SourceCapabilities, signs: Signs) -> str:
    """A hash of all that decides sums beside what the store seals: the route, its channel's payouts, the accounts."""
    chart = signs.chart
    said = (
        FORM,
        route,
        sorted(channel.payable),
        sorted(chart.receivable_ids),
        sorted((name, str(section)) for name, section in chart.sections.items()),
        sorted(signs.by_order),
    )
    return sha256(msgspec.json.encode(said)).hexdigest()


def before(unit: UnitOfWork, route_id: str, route: Route, made_from: str, suspects: Collection[str]) -> Before | None:
    """What the last check of ``route_id`` handed on of a route; None where it did not, or of other settings.

    suspects: refs of objects of ours with which something is wrong now.
    """
    bodies = unit.carries.of(route_id, route.route_id)
    head = msgspec.msgpack.decode(bodies[HEAD], type=_Head) if HEAD in bodies else None
    newest = unit.audit.head()
    if head is None or head.made_of != made_from or newest is None or newest.seq < head.seq:
        return None
    days = {date.fromisoformat(on): msgspec.msgpack.decode(body, type=Day) for on, body in bodies.items() if on != HEAD}
    carried = Carried(head.seq, head.made_of, head.alone, head.loose, head.payouts, days)
    touched, ledger = unit.audit.touched(head.seq), route.ledger
    refs = {*suspects, *(ref for ref, where in touched.objects if where == ledger)}
    vouchers = touched.vouchers.union(unit.deliveries.owners(ledger, refs).values())
    moved = {each.entry_id for each in unit.deliveries.get_many(sorted(vouchers)).values()}
    entries = touched.entries | moved | unit.copies.read_after(ledger, head.seq)
    return Before(carried, entries, touched.documents | unit.entries.documents_in(sorted(entries)))


def handed_on(route_id: str, of_route: str, now: Carried, then: Before | None) -> HandedOn:
    """What of it is another now."""
    before = then.carried.days if then else {}
    changed = frozenset(on for on, day in now.days.items() if before.get(on) != day)
    return HandedOn(route_id, of_route, now, changed, frozenset(before.keys() - now.days.keys()))


def keep(unit: UnitOfWork, every: Iterable[HandedOn]) -> None:
    """Keep it for the next check."""
    for each in every:
        now = each.carried
        bodies = {on.isoformat(): msgspec.msgpack.encode(now.days[on]) for on in each.changed}
        bodies[HEAD] = msgspec.msgpack.encode(_Head(now.seq, now.made_of, now.alone, now.loose, now.payouts))
        unit.carries.put(each.route_id, each.of_route, bodies, {on.isoformat() for on in each.gone})
