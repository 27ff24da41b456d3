"""Reads what others put into the ledger that concerns us, and what of ours it may be the same money as."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bridge.drift import strangers
from bridge.drift.chart import Chart
from bridge.drift.explaining import Explained, Reading
from bridge.drift.legs import Channel
from bridge.drift.observe import Observed
from bridge.drift.strangers import Double, Stranger, Touched
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import Finding
from bridge.store.api import UnitOfWork

_S = DeliveryState
ON_THE_WAY = (_S.HELD, _S.OWED, _S.SENDING, _S.IN_DOUBT, _S.PARKED)


def others_in(
    unit: UnitOfWork, ledger: str, chart: Chart, seen: Observed, channels: Sequence[Channel], lost: frozenset[str]
) -> Iterator[Stranger]:
    """What is in the ledger and not in our books, and concerns these routes. lost: our objects that do not count."""
    on_the_way = {
        delivery.voucher.key for delivery in unit.deliveries.with_state(ledger, *ON_THE_WAY) if delivery.voucher
    }
    deliveries = [delivery for each in channels for delivery in each.told.vouchers.values()]
    whose = {delivery.ref: delivery.route_id for delivery in deliveries if delivery.ref}
    vouchers = [delivery.voucher for delivery in deliveries if delivery.voucher]
    numbers = {voucher.number for voucher in vouchers} - {""}
    alike = {(voucher.dated_on, voucher.total_minor) for voucher in vouchers}
    clearing_ids = [watch.account.ledger_id for watch in chart.clearings]
    for copy in unit.copies.strangers(ledger, tuple(chart.watched | seen.receivable)):
        is_near = any(line.account_id in chart.watched for line in copy.lines)
        is_like_ours = copy.key or copy.number in numbers or (copy.dated_on, copy.total_minor) in alike
        twin = unit.copies.twin(ledger, copy) if is_near or is_like_ours else ""
        one = strangers.judge(
            copy,
            clearing_ids=clearing_ids,
            twin=unit.deliveries.baseline(ledger, twin) if twin in whose else None,
            twin_stands=twin not in lost,
            twins_route=whose.get(twin, ""),
            is_elsewhere=bool(twin) and twin not in whose,
            is_in_flight=copy.key in on_the_way,
        )
        if one is not None:
            yield one


def findings_of(reading: Reading, others: Iterable[Stranger], accounts: Sequence[Explained]) -> Iterator[Finding]:
    """Strangers on whatever account they stand by themselves, answering nothing of ours.

    A copy of another route's object is that route's to tell. What stands in an account that another route answers
    for is told as that route's.
    """
    own = reading.own.told.route.route_id
    open_there = [
        {item.ref: item.amount_minor for explained in account.explained for item in explained.items if item.ref}
        for account in accounts
    ]
    doubles = [_doubles(account, reading.channels) for account in accounts]
    for one in others:
        touched = [
            Touched(account.watch, one.effects[account.watch.account.ledger_id], doubled)
            for account, there, doubled in zip(accounts, open_there, doubles, strict=True)
            if one.copy.ref in there and account.watch.account.ledger_id in one.effects
        ]
        homes = [reading.sharing.home(each.watch.account.ledger_id) for each in touched]
        route_id = one.route_id or next((home for home in homes if home != own), own)
        found = strangers.finding(one, route_id, reading.chart, touched) if one.route_id in ("", own) else None
        if found is not None:
            yield found


def _doubles(account: Explained, channels: Iterable[Channel]) -> dict[int, Double]:
    """What moves each amount on an account: ours, as booked and as it stands, and transfers still to come."""
    booked: dict[str, int] = defaultdict(int)
    for leg in account.legs:
        booked[leg.entry_id] += leg.amount_minor
    now: dict[str, int] = defaultdict(int)
    for move in account.moves:
        now[move.entry_id] += move.amount_minor
    doubles: dict[int, Double] = {}
    for each in (channel.told for channel in channels):
        for entry_id, entry in each.entries.items():
            if entry_id in booked:
                for amount in (booked[entry_id], now.get(entry_id, booked[entry_id])):
                    doubles.setdefault(amount, Double(f"bridge's own '{entry.narration}'", is_posted=True))
            elif entry.is_bank_leg and any(one.state in ON_THE_WAY for one in each.of_entry.get(entry_id, ())):
                clearing_id = each.accounts(entry_id).get(each.route.clearing)
                if clearing_id == account.watch.account.ledger_id:
                    amount = sum(one.amount_minor for one in entry.postings if one.account == each.route.clearing)
                    what = f"bridge's own '{entry.narration}', which is not posted yet"
                    doubles.setdefault(amount, Double(what, is_posted=False))
    return doubles
