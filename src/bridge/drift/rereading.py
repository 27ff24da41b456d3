"""Pure: whether what changed is enough to read, or a ledger has to be read in full; and how that is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from bridge.model.facts import LedgerFacts
from bridge.model.readings import LedgerReading, Listed

# What the last reading saw is read again: an index trails, clocks differ, a vendor may count in another zone. It costs
# no more calls, and what comes twice changes nothing.
OVERLAP = timedelta(days=1)
# So often a ledger is read in full, whatever its feed tells.
SWEEP = timedelta(days=30)
# From so many calls on, what a full reading takes is told before it begins.
MANY_CALLS = 50
ACCOUNT, ITEM, CONTACT = "account", "item", "contact"


class Plan(msgspec.Struct, frozen=True):
    """since: what changed from then on is read; None where all of it is, and why. is_monthly: because it is time to."""

    since: datetime | None
    why: str = ""
    is_monthly: bool = False


class ReadBack(msgspec.Struct, frozen=True):
    """How a check read the ledger.

    since: what changed from then on was read; None where it was read in full, and why. calls: to the ledger, with those
    that told its chart and balances. objects: that came. swept_at: of the last reading in full. unread: kinds of object
    that it does not let bridge read.
    """

    since: datetime | None
    why: str
    calls: int
    objects: int
    swept_at: datetime
    next_sweep_on: date | None
    unread: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``read what changed since 2026-06-01: 9 calls, 14 objects; last full reading 2026-05-20, next ...``."""
        left_out = f", but for {', '.join(self.unread)}" if self.unread else ""
        took = f"{_many(self.calls, 'call')}, {_many(self.objects, 'object')}{left_out}"
        following = f", next {self.next_sweep_on}" if self.next_sweep_on else ""
        if self.since is None:
            return f"read in full ({self.why}): {took}; last full reading {self.swept_at.date()}{following}"
        return (
            f"read what changed since {self.since.date()}: {took}; last full reading {self.swept_at.date()}{following}"
        )


def plan(kept: LedgerReading | None, *, is_covered: bool, reader: str, feed_days: int, now: datetime) -> Plan:
    """What is to be read. kept: of the last time. is_covered: whether that has all that is wanted now."""
    if kept is None:
        return Plan(None, "it was not read before, or not to the end")
    if not feed_days:
        return Plan(None, "it does not tell what changed")
    if kept.reader != reader:
        return Plan(None, "it was read last by another version of the plugin, or as another company")
    if not is_covered:
        return Plan(None, "more of it is to be read than the last time")
    if not timedelta(0) <= now - kept.swept_at < SWEEP:
        return Plan(None, f"a month passed since {kept.swept_at.date()}", is_monthly=True)
    since = kept.through - OVERLAP
    if now - since >= timedelta(days=feed_days):
        return Plan(None, f"it tells what changed for {feed_days} days only")
    return Plan(since)


def lists_of(facts: LedgerFacts) -> tuple[Listed, ...]:
    """What a ledger lists of what vouchers name, with what a merge, or another account of an item, leaves otherwise."""
    accounts = (
        Listed(ACCOUNT, one.ledger_id, "" if one.is_active else "inactive", f"{one.number} {one.name}".strip())
        for one in facts.accounts
    )
    items = (Listed(ITEM, one.ledger_id, f"{one.account_id} {one.off}".strip(), one.name) for one in facts.items)
    contacts = (Listed(CONTACT, one.ledger_id, "", one.name) for one in facts.contacts)
    return tuple(sorted((*accounts, *items, *contacts)))


def moved(before: Iterable[Listed], now: Iterable[Listed]) -> tuple[Listed, ...]:
    """What a list held, and holds no more, or otherwise; what came to it is no change of what stands."""
    states = {(one.kind, one.ledger_id): one.state for one in now}
    return tuple(one for one in before if states.get((one.kind, one.ledger_id)) != one.state)


def before_a_sweep(ledger: str, why: str, kept: LedgerReading | None) -> str:
    """What a full reading is going to take, by the last one; empty where that is little, or not known."""
    if kept is None or kept.calls < MANY_CALLS:
        return ""
    return (
        f"reading {ledger} in full ({why}): about {kept.calls:,} calls, as the last time for {kept.objects:,} objects"
    )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
