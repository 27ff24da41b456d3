"""Pure: what of ours the money of a stranger's object may be, and the finding of one that stands by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from bridge.drift.comparing import ON_THE_WAY, Double, Nature, Stranger, Unanswered, strangers
from bridge.drift.explaining.accounts import Explained
from bridge.drift.sides import Snapshot
from bridge.model.findings import Finding, FindingState

DOUBLE_REVENUE = f"drift.{Nature.DOUBLE_REVENUE}"


def of_strangers(
    now: Snapshot, others: Iterable[Stranger], accounts: Sequence[Explained], explained: Collection[str]
) -> Iterator[Finding]:
    """Strangers on whatever account they stand by themselves, answering nothing of ours.

    A copy of another route's object is that route's to tell. What stands in an account that another route answers
    for is told as that route's. explained: lines, by ref, of which a finding says more already.
    """
    own = now.route.route_id
    told_elsewhere = _told_elsewhere(now)
    unanswered = [{item.ref for one in account.explained for item in one.items} for account in accounts]
    every = tuple(others)
    doubles = [
        _doubles(now, account, [one for one in every if one.copy.ref in refs])
        for account, refs in zip(accounts, unanswered, strict=True)
    ]
    for one in every:
        touched = [
            Unanswered(account.watch, minor, doubled.get(minor))
            for account, refs, doubled in zip(accounts, unanswered, doubles, strict=True)
            if one.copy.ref in refs and (minor := one.effects.get(account.watch.account.ledger_id)) is not None
        ]
        homes = [now.sharing.home(each.watch.account.ledger_id) for each in touched]
        route_id = one.route_id or next((home for home in homes if home != own), own)
        is_told = one.copy.ref in told_elsewhere and not (one.again and one.again.what and one.again.is_sure)
        is_ours = one.route_id in ("", own) and not (one.nature is Nature.DOUBLE_REVENUE and is_told)
        is_here = is_ours and one.copy.ref not in explained
        found = strangers.finding(one, route_id, now.chart, touched) if is_here else None
        if found is not None:
            yield found


def _told_elsewhere(now: Snapshot) -> frozenset[str]:
    """What is told already as a sale of another route in the same ledger, by ref: it is one route's to tell."""
    routes = (one for one in now.unit.routes.all() if one.ledger == now.route.ledger and one != now.route)
    standing = (
        kept.finding
        for one in routes
        for kept in now.unit.findings.of_route(one.route_id, FindingState.OPEN, FindingState.ACCEPTED)
    )
    return frozenset(found.ref for found in standing if found.code == DOUBLE_REVENUE)


def _doubles(now: Snapshot, account: Explained, others: Iterable[Stranger]) -> dict[int, Double]:
    """What moves as much on an account as one of others does: ours, as booked and as it stands, or still to come."""
    account_id = account.watch.account.ledger_id
    booked: dict[str, int] = defaultdict(int)
    for leg in account.legs:
        booked[leg.entry_id] += leg.amount_minor
    stands: dict[str, int] = defaultdict(int)
    for move in account.moves:
        stands[move.entry_id] += move.amount_minor
    doubles: dict[int, Double] = {}
    for each in (channel.told for channel in now.channels):
        for entry_id, entry in each.entries.items():
            if entry_id in booked and entry_id not in each.bundles:
                for amount in (booked[entry_id], stands.get(entry_id, booked[entry_id])):
                    doubles.setdefault(amount, Double(f"bridge's own '{entry.narration}'", is_posted=True))
            elif entry.is_bank_leg and any(one.state in ON_THE_WAY for one in each.of_entry.get(entry_id, ())):
                clearing_id = each.accounts(entry_id).get(each.route.clearing)
                if clearing_id == account_id:
                    amount = sum(one.amount_minor for one in entry.postings if one.account == each.route.clearing)
                    what = f"bridge's own '{entry.narration}', which is not posted yet"
                    doubles.setdefault(amount, Double(what, is_posted=False))
    return _of_bundles(now, account_id, {one.effects.get(account_id, 0) for one in others} - {0}) | doubles


def _of_bundles(now: Snapshot, account_id: str, amounts: Collection[int]) -> dict[int, Double]:
    """The same of entries that stand together with others of their day."""
    every = [each.told for each in now.channels]
    route_ids = [told.route.route_id for told in every]
    found = now.unit.copies.as_much(now.route.ledger, account_id, route_ids, sorted(amounts))
    bundled = {name for name in found.values() if any(name in told.bundle_of for told in every)}
    entries = now.unit.entries.get_many(sorted(bundled))
    return {
        amount: Double(f"bridge's own '{entries[name].entry.narration}'", is_posted=True)
        for amount, name in found.items()
        if name in bundled
    }
