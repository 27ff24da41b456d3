"""One check under one turn: reads the ledger and its balances until both are of one moment, and compares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import count

import msgspec

from bridge.drift.compare import Comparison, compare
from bridge.drift.comparing import ON_THE_WAY
from bridge.drift.copying import Copying, Observed, Wanted
from bridge.drift.rereading import lists_of
from bridge.drift.sides import Chart, Party, Purpose, Scope, Signs, Touched, before_of, books_of, chart_of, signs_of
from bridge.errors import InvariantError
from bridge.host.desk import Desk
from bridge.host.turn import Turn
from bridge.model.connections import Route
from bridge.model.facts import ContactRole, LedgerFacts
from bridge.plugin import Sink
from bridge.store.api import UnitOfWork

# How often a ledger is read through, at most, while others or bridge itself post to it.
READINGS = 2
UNEXPLAINED_BY_FEED = "a balance is not what the last full reading and its changes explain"


class Asked(msgspec.Struct, frozen=True):
    """What is checked. sharing: routes that may post to the same clearing accounts. numbers: what its entries touch.

    names, since_on: see ``Scope``. elsewhere: the clearing accounts of the ledger's other routes, by ledger id.
    sink: of the ledger; what it told of itself it need not be asked again.
    """

    sink: Sink
    party: Party
    sharing: tuple[Party, ...]
    names: Mapping[str, str]
    since_on: date
    numbers: Touched
    elsewhere: frozenset[str]

    @property
    def route(self) -> Route:
        return self.party.route


class Check:
    """Balances are told apart from entries, and compared where nothing moved between the two.

    Where something did, both are read again; where it goes on, it is said that they could not be compared.
    Where only what changed was read, and an account stands otherwise than a full reading left it, all is read: a feed
    may miss a change.
    """

    def __init__(self, desk: Desk, turn: Turn, asked: Asked, today: date, copying: Copying) -> None:
        self._desk, self._turn, self._asked, self._today, self._copying = desk, turn, asked, today, copying

    def run(self, facts: LedgerFacts, in_full: str = "") -> tuple[Observed, Comparison]:
        """facts: as they were just before; asked for again only where balances and entries disagree.

        in_full: why the ledger is to be read in full, whatever is kept of it; else empty.
        """
        chart = self._chart(facts)
        if in_full or self._copying.is_monthly(self._wanted(chart, facts)):
            self._prove(chart)
        for reading in count(1):
            wanted = self._wanted(self._chart(facts), facts)
            seen = self._copying.observe(wanted, in_full=in_full)
            result = self._compare(seen, facts)
            if _agree(result) and not self._is_short(seen, result):
                return self._kept(wanted, seen, result)
            seen = self._copying.look_after(wanted, seen)
            before, facts = facts, self._desk.standing(self._asked.route.ledger, self._asked.sink)
            result = self._compare(seen, facts)
            moving = _moved(before, facts) & _off(result)
            is_settled = _agree(result) or (result.is_one_moment and not moving)
            is_short = is_settled and self._is_short(seen, result)
            if is_settled and not is_short:
                return self._kept(wanted, seen, result)
            if reading >= READINGS and not is_short:
                return seen, self._compare(seen, facts, moving)
            in_full = in_full or (UNEXPLAINED_BY_FEED if is_settled else "")
        raise AssertionError("a full reading ends it")

    def _prove(self, chart: Chart) -> None:
        """Before all is read, see whether what was carried so far is what the books say.

        Raises: InvariantError where it is not; it is forgotten then.
        """
        asked = self._asked
        with self._turn.reading() as unit:
            signs = signs_of(unit, chart, asked.route.ledger)
            wrong = [one.route.name for one in (asked.party, *asked.sharing) if not self._holds(unit, one, signs)]
        if wrong:
            with self._turn.unit() as unit:
                unit.carries.forget(asked.route.route_id)
            raise InvariantError(
                f"route {wrong[0]}",
                "what checks carried forward is not what its books say, so what they said since may be wrong",
                "Check again, which reads all, and report this as a bug of bridge",
                code="drift.carried",
            )

    def _holds(self, unit: UnitOfWork, party: Party, signs: Signs) -> bool:
        """Whether what was carried of a party comes out the same when it is made anew."""
        owner = self._asked.party
        then = before_of(unit, owner, party, signs)
        if then is None:
            return True
        carried = books_of(unit, owner, party, signs, then).handed_on.carried
        return carried == books_of(unit, owner, party, signs, None).handed_on.carried

    def _kept(self, wanted: Wanted, seen: Observed, result: Comparison) -> tuple[Observed, Comparison]:
        """With what a full reading leaves unexplained kept beside it, for the next check."""
        if seen.how.since is None:
            self._copying.explained(wanted, seen, self._asked.route.route_id, _left(result))
        return seen, result

    def _is_short(self, seen: Observed, result: Comparison) -> bool:
        """Whether after a feed other amounts are left over than the last full reading left: it missed a change."""
        left = seen.reading.left_of(self._asked.route.route_id)
        return seen.how.since is not None and any(left.get(one, 0) != minor for one, minor in _left(result).items())

    def _chart(self, facts: LedgerFacts) -> Chart:
        asked = self._asked
        words = self._desk.sink_offer(asked.route.ledger).capabilities.words
        return chart_of(facts, asked.route, asked.party.channel, asked.numbers, asked.elsewhere, words)

    def _compare(self, seen: Observed, facts: LedgerFacts, moving: frozenset[str] = frozenset()) -> Comparison:
        asked = self._asked
        scope = Scope(
            party=asked.party,
            sharing=asked.sharing,
            names=asked.names,
            chart=self._chart(facts),
            currency=facts.home_currency,
            seen=seen,
            since_on=asked.since_on,
            today=self._today,
            feed=self._desk.sink_offer(asked.route.ledger).capabilities.bank_feed,
            clearings=asked.elsewhere.union(asked.party.clearing_ids),
            moving=moving,
            is_anew=seen.how.since is None,
        )
        with self._turn.reading() as unit:
            return compare(unit, scope)

    def _wanted(self, chart: Chart, facts: LedgerFacts) -> Wanted:
        """An account may be shared by any routes of the ledger: it is read from the earliest of their first days on."""
        routes = (self._asked.route, *(party.route for party in self._asked.sharing))
        rolled = {one.account.ledger_id for one in chart.rolled if one.purpose is not Purpose.BUSY}
        route_ids, ledger = tuple(one.route_id for one in routes), self._asked.route.ledger
        with self._turn.reading() as unit:
            coming = [
                one.voucher
                for one in unit.deliveries.with_state(ledger, *ON_THE_WAY)
                if one.voucher and one.route_id in route_ids
            ]
            named = unit.deliveries.contacts(route_ids, ledger).union(one.contact for one in coming)
            reached = {line.account.ledger_id for one in coming for line in one.lines}
            receivable = frozenset(
                one for one in chart.receivable_ids if one in reached or unit.deliveries.reach(route_ids, ledger, one)
            )
        buyers = (one.ledger_id for one in facts.contacts if one.role is not ContactRole.SUPPLIER)
        contacts = named.union(buyers) - {""}
        return Wanted(
            ledger=ledger,
            routes=route_ids,
            since_on=self._asked.since_on,
            today=self._today,
            accounts=chart.watched | rolled | chart.sold | ({chart.bank_id} - {""}),
            receivable=receivable,
            contacts=contacts,
            lists=lists_of(facts),
        )


def _agree(result: Comparison) -> bool:
    """Whether what was read is of one moment, and the balances are what it adds up to."""
    return result.is_one_moment and not _off(result)


def _off(result: Comparison) -> frozenset[str]:
    """The accounts, by ledger id, whose balance is not what was read."""
    accounts = (*result.clearings, *result.rolled)
    return frozenset(one.account_id for one in accounts if one.unexplained_minor)


def _left(result: Comparison) -> dict[str, int]:
    """What of each balance is not of objects that were read, by ledger id: nothing, or what was there before them."""
    sums: dict[str, int] = {}
    for one in result.clearings:
        sums[one.account_id] = sums.get(one.account_id, 0) + one.unexplained_minor
    for one in result.rolled:
        if one.purpose is not Purpose.BUSY:
            sums[one.account_id] = sums.get(one.account_id, 0) + one.opening_minor + one.unexplained_minor
    return sums


def _moved(before: LedgerFacts, after: LedgerFacts) -> frozenset[str]:
    """The accounts whose balance is another now."""
    earlier = {account.ledger_id: account.balance_minor for account in before.accounts}
    return frozenset(one.ledger_id for one in after.accounts if one.balance_minor != earlier.get(one.ledger_id))
