"""The sink: one company's books, written once and read back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property

import msgspec

from bridge import ids
from bridge.errors import AuthorizationError, BridgeError, TransientError, UnavailableError
from bridge.model.contacts import in_currency
from bridge.model.entries import Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import (
    NO_REFS,
    Absent,
    Changes,
    DayOfCurrency,
    LedgerContext,
    LookUp,
    Made,
    Master,
    Observation,
    Outcome,
    Parcel,
    PlanRequest,
    Present,
    SinkCapabilities,
    Sought,
    Unknown,
    Unread,
)
from bridge.transport import Json
from bridge_quickbooks import masters, parse, rates
from bridge_quickbooks.accounts import PAYABLE, RECEIVABLE, account_types
from bridge_quickbooks.client import IDS_PER_QUERY, Client
from bridge_quickbooks.dimensions import CLASS, tracks_classes, tracks_locations
from bridge_quickbooks.errors import CURES
from bridge_quickbooks.facts import (
    Lists,
    codes_of,
    control_accounts,
    has_tax_codes,
    home_currency,
    is_multicurrency,
    item_accounts,
    ledger_facts,
)
from bridge_quickbooks.looking import LOOK_AROUND, ON_ITS_DAY, Finder
from bridge_quickbooks.observing import WRITTEN, Observer
from bridge_quickbooks.plan import plan
from bridge_quickbooks.render import render
from bridge_quickbooks.reports import PROFIT_AND_LOSS, TRIAL_BALANCE, profit_and_loss, trial_balance
from bridge_quickbooks.sending import Sender
from bridge_quickbooks.settings import (
    BATCH_SIZE,
    BATCHES,
    ITEMS,
    QuickBooksConnection,
    QuickBooksSettings,
    limits,
)
from bridge_quickbooks.words import (
    BANK_FEED,
    CALLED,
    JOURNAL_ENTRY,
    NUMBER_LENGTH,
    PAYMENT,
    SALES_RECEIPT,
    TRANSFER,
    called,
)

CAPABILITIES = SinkCapabilities(
    types=WRITTEN,
    type_words=CALLED,
    number_length=NUMBER_LENGTH,
    tells_editor=False,
    feed_days=30,
    batch_size=BATCH_SIZE,
    limits=limits(QuickBooksSettings()),
    cures=CURES,
    account_types=tuple(account_types().items()),
    undoes=tuple((kind, "deleted") for kind in WRITTEN),
    bank_feed=BANK_FEED,
    channel_dimension=CLASS,
    creates=masters.CREATES,
    names_customers=(Purpose.ORDER, Purpose.REFUND),
    needs_items=True,
    tells_sums=True,
)
# What a person, or another tool, may have entered instead of our transfer: the kinds that bring money in.
_MONEY_IN = (TRANSFER, "Deposit", JOURNAL_ENTRY, PAYMENT, SALES_RECEIPT)
_BRISK_SECONDS = 5
_HOLD = {
    "Deposit": "it stands in the bank deposit {ref}: take it out of that first",
    "Payment": "payment {ref}, which is not of bridge, pays it: delete that first",
    "CreditMemo": "credit memo {ref}, which is not of bridge, is applied to it: take that back first",
}
# For how long a batch waits its turn in all: as any call does, and less than whoever sends it has left of a lease.
_LONGEST_TURN = timedelta(seconds=65)


class QuickBooksSink:
    """Writes and reads one QuickBooks Online company."""

    def __init__(self, context: LedgerContext[QuickBooksSettings, QuickBooksConnection]) -> None:
        app, settings = context.app, context.settings
        self._context = context
        self._customer = settings.customer
        self._settle_seconds = app.settle_seconds
        session = context.session()
        self._client = Client(session, api_url=app.api_url, realm=context.account, clock=context.clock)
        # While a ledger's lease is held nobody waits a minute for a read: it is unknown, and asked again later.
        self._brisk = Client(
            session,
            api_url=app.api_url,
            realm=context.account,
            clock=context.clock,
            longest_wait_seconds=_BRISK_SECONDS,
        )
        self._observer = Observer(self._client, self._as_it_stands)
        self._finder = Finder(self._brisk, self._copy)
        self._sender = Sender(self._brisk, self._finder, self.render, self._copy)

    @property
    def settle_seconds(self) -> int:
        """QuickBooks may be at work on a request for 120 s, and its query index trails by an undocumented time."""
        return self._settle_seconds

    def facts(self) -> LedgerFacts:
        """A fresh snapshot; an account of ours is found by its number, or its full name with the parents'.

        Reads: four lists, two more where the company has tax codes of its own, and one more each where it has
        currencies, classes, locations, and names of customers and of vendors to look for. Of items the services; all,
        also what is inactive, where rules name some.
        """
        client, named = self._client, self._context.items
        company, preferences = self._only("CompanyInfo"), self._only("Preferences")
        has_codes = has_tax_codes(company, preferences)
        currencies = client.all("CompanyCurrency") if is_multicurrency(preferences) else ()
        codes = sorted(codes_of(currencies) - {home_currency(preferences)})
        return ledger_facts(
            connection=self._context.connection,
            customer=self._customer,
            taken_at=self._context.clock.now(),
            company=company,
            preferences=preferences,
            accounts=client.all("Account", with_inactive=True),
            named_items=named,
            lists=Lists(
                tax_codes=client.all("TaxCode") if has_codes else (),
                tax_rates=client.all("TaxRate") if has_codes else (),
                items=client.all("Item", with_inactive=True) if named else client.matching("Item", "Type", "Service"),
                customers=client.named("Customer", self._customers(codes, home_currency(preferences))),
                vendors=client.named("Vendor", self._context.contacts.named),
                classes=client.all("Class", with_inactive=True) if tracks_classes(preferences) else (),
                departments=client.all("Department", with_inactive=True) if tracks_locations(preferences) else (),
                currencies=currencies,
            ),
        )

    def _customers(self, currencies: Iterable[str], home: str) -> Collection[str]:
        """Those that vouchers may name; where the connection names one for all channels, theirs are not looked for.

        Each in every currency of the company: QuickBooks keeps a customer in one.
        """
        known = self._context.contacts
        names = (*known.named, *((self._customer,) if self._customer else known.customers))
        return {in_currency(name, code, home) for name in names for code in (home, *currencies)}

    def create(self, master: Master) -> Made:
        """Make it, where no active one of its number or name is there. Of people only that name is asked for."""
        kind = masters.list_of(master)
        rows = self._client.named(kind, (master.name,)) if kind in masters.OF_NAMES else self._client.all(kind)
        if known := masters.found(master, rows):
            return known
        request_id = ids.derive("mst", self._context.connection, master.title, self._context.clock.now().isoformat())
        created = self._client.create(kind, masters.body(master), request_id=request_id, thing=master.title)
        return Made(str(created["Id"]), master.name, is_new=True)

    def rates(self, wanted: Sequence[DayOfCurrency]) -> Mapping[DayOfCurrency, str]:
        """QuickBooks' own rate of each day: one call each."""
        found = {(currency, on): rates.told(self._client.rate(currency, on)) for currency, on in wanted}
        return {day: rate for day, rate in found.items() if rate}

    def balances_on(self, on: date) -> tuple[LedgerSum, ...]:
        """As QuickBooks' own report tells it."""
        report = self._client.report(TRIAL_BALANCE, start_date=on.isoformat(), end_date=on.isoformat())
        return trial_balance(report, self._home_currency)

    def profit_and_loss(self, since: date, until: date) -> tuple[LedgerSum, ...]:
        """As QuickBooks' own report tells it."""
        report = self._client.report(PROFIT_AND_LOSS, start_date=since.isoformat(), end_date=until.isoformat())
        return profit_and_loss(report, self._home_currency)

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        """As the table of ``plan`` says: forms where they can say it, else journal entries."""
        return plan(request)

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        """The exact body."""
        return render(voucher, refs)

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        """Create it, once. A number already taken by this very voucher is its success, told late."""
        return self._sender.send(Parcel(voucher, header_key, refs))

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        """Create up to ``BATCH_SIZE`` in one call, each as if it were alone; one is sent alone, in the usual way.

        Spends: one batch, and each of its items, of limits of their own; waits its turn as any call does.
        """
        if len(parcels) == 1:
            return (self._alone(parcels[0]),)
        if any(line.item for parcel in parcels for line in parcel.voucher.lines):
            self._item_accounts  # noqa: B018 - asked before anything is written: no echo can be read without
        self._wait_for_a_turn(len(parcels))
        return self._sender.send_many(parcels)

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        """Ask for the number, which only its key gives, and then for the key among what is dated around its day."""
        return self._finder.look_up([Sought(voucher, refs)], LOOK_AROUND)[0]

    def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        """Ask for all numbers of a type at once, and then for the keys among what is dated on their days.

        Who left us and is still missing is asked for once more by when it was made, a month around its day: that says
        no less than ``look_up``, and reads what was entered since, and not two months.
        """
        return self._finder.look_up(sought, ON_ITS_DAY)

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        """What else brings the same amount to the account that the voucher debits, ours or not."""
        around = timedelta(days=voucher.same_amount_days)
        debited = {line.account.ledger_id for line in voucher.lines if line.amount_minor > 0}
        return tuple(
            copy
            for kind in _MONEY_IN
            for page in self._brisk.dated(kind, voucher.dated_on - around, voucher.dated_on + around)
            for copy in (self._copy(voucher, found, kind) for found in page)
            if copy.key != voucher.key
            and copy.currency == voucher.currency
            and sum(line.amount_minor for line in copy.lines if line.account_id in debited) == voucher.total_minor
        )

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        """Every kind that can touch an account, one after another."""
        return self._observer.observe(wanted)

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        """Change data capture over the same kinds."""
        return self._observer.changes(since)

    def standing(self) -> LedgerFacts:
        """Card, preferences and chart: three calls."""
        return ledger_facts(
            connection=self._context.connection,
            customer=self._customer,
            taken_at=self._context.clock.now(),
            company=self._only("CompanyInfo"),
            preferences=self._only("Preferences"),
            accounts=self._client.all("Account", with_inactive=True),
            lists=Lists(),
        )

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        """By queries of many ids; what they miss is read one by one, for the index may trail the books."""
        stopped = ""
        for start in range(0, len(refs), IDS_PER_QUERY):
            part = refs[start : start + IDS_PER_QUERY]
            found: dict[tuple[str, str], LookUp] = {}
            for kind in dict.fromkeys(kind for kind, _ in part):
                ids = [ref for named, ref in part if named == kind]
                try:
                    if not stopped:
                        found |= {(kind, ref): state for ref, state in self._states(kind, ids)}
                except (TransientError, AuthorizationError) as cause:
                    stopped = str(cause)
            for place in part:
                yield place[1], found.get(place) or Unknown(stopped)

    def hindrance(self, kind: str, ref: str, beside: frozenset[str]) -> tuple[LookUp, str]:
        """As it stands, and what is linked to it. A match with the bank's line is not told: deleting is refused."""
        try:
            found = self._client.read(kind, ref)
            if found is None:
                return Absent(deleted=True), ""
            return Present(self._as_it_stands(kind, found)), linked(kind, found, beside)
        except BridgeError as cause:
            return Unknown(str(cause)), ""

    def undo(self, kind: str, copy: LedgerCopy) -> None:
        """Delete it: its number is free again, and QuickBooks' audit log says that it was there."""
        self._client.delete(kind, copy.ref, copy.version, thing=called(kind, copy.number or copy.ref))

    def _states(self, kind: str, refs: Sequence[str]) -> Iterator[tuple[str, LookUp]]:
        for ref, row in self._client.with_ids(kind, refs).items():
            try:
                yield ref, Present(self._as_it_stands(kind, row)) if row else Absent(deleted=True)
            except BridgeError as cause:
                yield ref, Unknown(str(cause))

    def _as_it_stands(self, kind: str, found: Json) -> LedgerCopy:
        return self._read(kind, found, self._home_currency)

    def _read(self, kind: str, found: Json, home_currency: str) -> LedgerCopy:
        lists = parse.NO_LISTS
        if parse.needs_items(found):
            lists = msgspec.structs.replace(lists, **self._item_accounts)
        if kind in parse.ON_CONTROL:
            lists = msgspec.structs.replace(lists, **self._control_accounts)
        return parse.ledger_copy(kind, found, home_currency=home_currency, lists=lists)

    def _copy(self, voucher: Voucher, found: Json, kind: str = "") -> LedgerCopy:
        """As it stands, without asking for the company's currency: what bears a rate is in another."""
        return self._read(kind or voucher.type, found, "" if voucher.rate else voucher.currency)

    def _wait_for_a_turn(self, items: int) -> None:
        clock = self._context.clock
        give_up_at = clock.now() + _LONGEST_TURN
        for what, many in ((BATCHES, 1), (ITEMS, items)):
            left = give_up_at - clock.now()
            self._context.spend(what, many, longest_wait_seconds=int(left.total_seconds()))

    def _alone(self, parcel: Parcel) -> Outcome:
        try:
            return self._sender.send(parcel)
        except (TransientError, AuthorizationError):
            raise
        except BridgeError as outcome:
            return outcome

    def _only(self, kind: str) -> Json:
        for found in self._client.all(kind):
            return found
        raise UnavailableError(f"QuickBooks company {self._context.account}", f"its answer holds no {kind}")

    @cached_property
    def _home_currency(self) -> str:
        return home_currency(self._only("Preferences"))

    @cached_property
    def _item_accounts(self) -> Mapping[str, Mapping[str, str]]:
        items = self._brisk.all("Item")
        return {
            "sold": item_accounts(items, "IncomeAccountRef"),
            "bought": item_accounts(items, "AssetAccountRef", "ExpenseAccountRef"),
        }

    @cached_property
    def _control_accounts(self) -> Mapping[str, Mapping[str, str]]:
        accounts = self._brisk.all("Account")
        return {"receivable": control_accounts(accounts, RECEIVABLE), "payable": control_accounts(accounts, PAYABLE)}


def linked(kind: str, found: Json, beside: frozenset[str]) -> str:
    """What another transaction did with this one, for people; empty where that goes too, or nothing did.

    A payment is what was done with others: what it sets against each other is open again without it.
    """
    hold = {"Deposit": _HOLD["Deposit"]} if kind == PAYMENT else _HOLD
    rows = [found, *(found.get("Line") or ())]
    links = (link for row in rows for link in row.get("LinkedTxn") or ())
    for link in links:
        by, ref = str(link.get("TxnType")), str(link.get("TxnId"))
        if ref not in beside and by in hold:
            return hold[by].format(ref=ref)
    return ""
