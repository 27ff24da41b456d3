"""The sink: one organisation's books, written once and read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from bridge import ids
from bridge.errors import (
    AuthorizationError,
    BridgeError,
    InDoubtError,
    RejectedError,
    TransientError,
)
from bridge.model.connections import BankLeg
from bridge.model.contacts import in_currency
from bridge.model.entries import Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import (
    NO_REFS,
    Absent,
    Changes,
    LedgerContext,
    LookUp,
    Made,
    Master,
    MasterKind,
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
from bridge_xero import facts as xero_facts
from bridge_xero import masters, observing, parse, reports
from bridge_xero.accounts import described
from bridge_xero.allocations import Allocations
from bridge_xero.client import Client
from bridge_xero.ending import ending, hindrance
from bridge_xero.errors import CURES
from bridge_xero.kinds import ALLOCATION, CALLED, KINDS, LISTED, WRITTEN, called
from bridge_xero.outcomes import BATCH
from bridge_xero.parse import Chart
from bridge_xero.plan import plan
from bridge_xero.render import render
from bridge_xero.search import Search
from bridge_xero.seen import JournalsSeen
from bridge_xero.sending import Sending
from bridge_xero.settings import CALLS_PER_DAY, CALLS_PER_MINUTE, XeroConnection, XeroSettings, limits_of
from bridge_xero.unread import unread
from bridge_xero.wire import rows, text
from bridge_xero.words import BANK_FEED, NUMBER_LENGTH, is_plain

CAPABILITIES = SinkCapabilities(
    types=WRITTEN,
    type_words=CALLED,
    number_length=NUMBER_LENGTH,
    tells_editor=True,
    feed_days=365,
    batch_size=BATCH,
    batch_of_one_type=True,
    limits=limits_of(CALLS_PER_MINUTE, CALLS_PER_DAY),
    bank_legs=(BankLeg.DOCUMENT, BankLeg.NONE, BankLeg.TRANSFER),
    settlement_leg=BankLeg.DOCUMENT,
    payout_leg=BankLeg.NONE,
    cures=CURES,
    account_types=tuple(described().items()),
    undoes=tuple((kind, KINDS[kind].undone.lower()) for kind in WRITTEN),
    bank_feed=BANK_FEED,
    channel_dimension="Channel",
    creates=masters.CREATES,
    names_customers=(Purpose.SETTLEMENT, Purpose.ORDER, Purpose.REFUND, Purpose.DAY),
    tells_sums=True,
    turns_rates=True,
)
_BRISK_SECONDS = 5


class XeroSink:
    """Writes and reads one Xero organisation."""

    def __init__(self, context: LedgerContext[XeroSettings, XeroConnection]) -> None:
        app, settings = context.app, context.settings
        self._context, self._settings = context, settings
        self._settle_seconds = app.settle_seconds
        session = context.session()
        self._client = Client(session, api_url=app.api_url, tenant=context.account, clock=context.clock)
        # While a ledger's lease is held nobody waits a minute for a read: it is unknown, and asked again later.
        self._brisk = Client(
            session,
            api_url=app.api_url,
            tenant=context.account,
            clock=context.clock,
            longest_wait_seconds=_BRISK_SECONDS,
        )
        self._known_chart: Chart | None = None
        self._seen = JournalsSeen()

    @property
    def settle_seconds(self) -> int:
        """Long enough for a request under way, and well within the six minutes for which Xero keeps its key."""
        return self._settle_seconds

    def facts(self) -> LedgerFacts:
        """A fresh snapshot of the organisation: chart, balances, tax rates, currencies, tracking, and its contacts.

        Of contacts one call for each name that vouchers may give, in each currency that the organisation uses. Of items
        one call for all of them, where rules name some.

        A trial balance that Xero refuses, or that cannot be read, is a warning and no failure: planning needs none.
        Raises: AuthorizationError ``xero.tenant`` when the account is none of the organisations we were let into.
        """
        try:
            organisation = self._client.organisation()
        except AuthorizationError as refusal:
            raise self._which_tenant(refusal) from refusal
        now, named = self._context.clock.now(), self._context.items
        currencies = tuple(self._client.currencies())
        names = self._names(xero_facts.home_currency(organisation), currencies)
        found = {name: xero_facts.contact_of(name, self._client.contacts(name)) for name in names}
        balances, untold = reports.balances(self._client, organisation, now)
        told = xero_facts.Told(
            organisation=organisation,
            accounts=tuple(self._client.accounts()),
            tax_rates=tuple(self._client.tax_rates()),
            currencies=currencies,
            contacts=tuple(contact for contact in found.values() if contact),
            missing=tuple(name for name in self._needed() if not found[name]),
            categories=tuple(self._client.tracking_categories()),
            items=xero_facts.named_items(self._client.items() if named else (), named),
            balances=balances,
            untold=untold,
        )
        self._known_chart = xero_facts.chart_of(organisation, told.accounts)
        return xero_facts.ledger_facts(
            told, connection=self._context.connection, taken_at=now, customer=self._settings.contact
        )

    def _needed(self) -> tuple[str, ...]:
        """Those that documents name: one for all channels, where the connection says so, else each channel's own."""
        return (self._settings.contact,) if self._settings.contact else self._context.contacts.customers

    def _names(self, home: str, currencies: Sequence[Json]) -> tuple[str, ...]:
        """All that may be looked for by name; one whose quotes a filter would take for its own is not."""
        codes = [home, *(text(found.get("Code")) for found in currencies)]
        channels = () if self._settings.contact else self._context.contacts.customers
        own = (in_currency(name, code, home) for name in channels for code in codes)
        return tuple(dict.fromkeys((*self._needed(), *own, *filter(is_plain, self._context.contacts.named))))

    def create(self, master: Master) -> Made:
        """Make it, where no active one of its code or name is there.

        Raises: RejectedError ``xero.by_hand`` where bridge is let in only to read lists, or Xero asks for more.
        """
        if known := masters.found(master, self._listed(master)):
            return known
        if not self._context.app.may_create:
            raise masters.by_hand(
                master,
                "bridge asked to be let in only to read Xero's lists",
                "Make it in Xero; or set may_create = true under [plugins.xero], run `bridge connections authorize "
                "NAME`, and run this again",
            )
        key = ids.derive("mst", self._context.connection, master.title, self._context.clock.now().isoformat())
        of = (master.dimension_id,) if master.kind is MasterKind.OPTION else ()
        chart = self._client.accounts() if master.kind is MasterKind.ITEM else ()
        one, body = masters.list_of(master), masters.body(master, chart)
        ref = self._client.add(one, body, *of, key=key, thing=master.title)
        return Made(master.name if master.kind is MasterKind.ITEM else ref, master.name, is_new=True)

    def _listed(self, master: Master) -> list[Json]:
        """What there is in its list; of contacts only those of that name."""
        match master.kind:
            case MasterKind.ACCOUNT:
                return self._client.accounts()
            case MasterKind.CUSTOMER | MasterKind.SUPPLIER:
                return self._client.contacts(master.name)
            case MasterKind.ITEM:
                return self._client.items()
        categories = self._client.tracking_categories()
        if master.kind is MasterKind.DIMENSION:
            return categories
        of = (one for one in categories if text(one.get("TrackingCategoryID")) == master.dimension_id)
        return [option for one in of for option in rows(one.get("Options"))]

    def balances_on(self, on: date) -> tuple[LedgerSum, ...]:
        """The year-to-date columns of Xero's report; profit of earlier years stands in retained earnings."""
        return reports.balances_on(self._client, on)

    def profit_and_loss(self, since: date, until: date) -> tuple[LedgerSum, ...]:
        """From trial balances, which bridge may read already: two for each financial year that the days are in."""
        return reports.profit_and_loss(self._client, since, until)

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        """Invoices, credit notes and their payments; journals; what a bank account needs."""
        return plan(request)

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        """The exact body."""
        return render(voucher, refs)

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        """Create it, once. A number already taken by this very voucher is its success, told late."""
        (outcome,) = self.send_batch((Parcel(voucher, header_key, refs),))
        if isinstance(outcome, BridgeError):
            raise outcome
        return outcome

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        """Create them, each once: those of a type by one call, except for bank transfers (see ``outcomes``).

        Where it takes several calls, what befalls one of them befell its vouchers, and nothing is raised.
        """
        chart = self._chart(self._brisk)  # before the send: the echo must be read whatever happens next
        sending = Sending(self._client, self._brisk, chart, self._seen, self._context.clock)
        return sending.batch(parcels)

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        """Ask by number, by words or by what it pays, and then for the key among what may hold it."""
        (answer,) = self.look_up_batch((Sought(voucher, refs),))
        return answer

    def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        """Ask for all of a type together. A question that is not answered in full leaves all of its type unknown."""
        answers = dict[str, LookUp]()
        for kind in dict.fromkeys(one.voucher.type for one in sought):
            answers |= self._looked_up(kind, [one for one in sought if one.voucher.type == kind])
        return tuple(answers[one.voucher.key] for one in sought)

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        """What else brings the same amount to the account that the voucher debits, ours or not."""
        return Search(self._brisk, self._chart(self._brisk), self._seen).same_amount(voucher)

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        """Every kind, one after another; of them what bears our key, or touches or names what is wanted.

        Manual journals cannot be asked for by date: all of them are read, and the others of them left out.
        """
        chart = self._chart(self._client)
        for kind in LISTED:
            try:
                yield from observing.dated(self._client, kind, wanted, chart)
            except AuthorizationError as refusal:
                yield unread(kind, refusal, self._client)

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        """Every kind by when it changed, and credit of which something is open: a call each that fits on a page.

        Drafts of others are not in the books.
        """
        chart = self._chart(self._client)
        for kind in LISTED:
            try:
                yield from observing.changed(self._client, kind, since, chart)
            except AuthorizationError as refusal:
                yield unread(kind, refusal, self._client)
        yield from observing.unused(self._client, chart)

    def standing(self) -> LedgerFacts:
        """Organisation, chart and trial balance: three calls."""
        organisation, now = self._client.organisation(), self._context.clock.now()
        balances, untold = reports.balances(self._client, organisation, now)
        accounts = tuple(self._client.accounts())
        told = xero_facts.Told(organisation, accounts, (), (), (), (), balances, untold)
        self._known_chart = xero_facts.chart_of(organisation, accounts)
        return xero_facts.ledger_facts(
            told, connection=self._context.connection, taken_at=now, customer=self._settings.contact
        )

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        """One by one, with who changed each last: two calls an object, so it is asked only for what differs."""
        stopped = ""
        for kind, ref in refs:
            try:
                yield ref, Unknown(stopped) if stopped else self._state(kind, ref)
            except (TransientError, AuthorizationError) as cause:
                stopped = str(cause)
                yield ref, Unknown(stopped)
            except BridgeError as cause:
                yield ref, Unknown(str(cause))

    def hindrance(self, kind: str, ref: str, beside: frozenset[str]) -> tuple[LookUp, str]:
        """As it stands; a match with a line of the bank, and payments of others, are told."""
        try:
            found = self._found(kind, ref)
            if found is None or parse.is_deleted(found):
                return Absent(deleted=True), ""
            return Present(parse.ledger_copy(kind, found, self._chart(self._client))), hindrance(found, beside)
        except BridgeError as cause:
            return Unknown(str(cause)), ""

    def undo(self, kind: str, copy: LedgerCopy) -> None:
        """Void or delete it, as its kind is; it stays readable. A number that was voided stays taken.

        Raises: RejectedError ``xero.edited`` where it was edited since; InDoubtError where an answer that does not show
                it so is not borne out by how it stands then.
        """
        thing = called(kind, copy.number or copy.ref)
        found = self._found(kind, copy.ref)
        if found is None or parse.is_deleted(found):
            return
        now = parse.ledger_copy(kind, found, self._chart(self._client))
        if now.is_voided:
            return
        if _said(now) != _said(copy):
            raise RejectedError(thing, "somebody edited it in Xero meanwhile", "Run it again", code="xero.edited")
        if kind == ALLOCATION:
            is_told = self._client.disallocate(*copy.ref.split("/"), thing=thing)
        else:
            is_told = self._client.end(kind, copy.ref, ending(kind, found), thing=thing)
        if not (is_told or self._is_ended(kind, copy.ref)):
            raise InDoubtError(thing, "Xero's answer does not say that it is gone, and it stands there still")

    def _is_ended(self, kind: str, ref: str) -> bool:
        found = self._found(kind, ref)
        return found is None or parse.is_deleted(found) or parse.status_of(found) == KINDS[kind].undone

    def _found(self, kind: str, ref: str) -> Json | None:
        """One object as it stands; None when it is there no more."""
        return Allocations(self._client).get(ref) if kind == ALLOCATION else self._client.get(kind, ref)

    def _state(self, kind: str, ref: str) -> LookUp:
        chart = self._chart(self._client)
        found = self._found(kind, ref)
        if found is None or parse.is_deleted(found):
            return Absent(deleted=True)
        editor = "" if kind == ALLOCATION else parse.last_editor(self._client.history(kind, ref))
        return self._as_found(kind, found, chart, editor)

    def _as_found(self, kind: str, found: Json, chart: Chart, editor: str = "") -> LookUp:
        """Xero goes on showing what was deleted; to the books it is gone. What was voided is there, worth nothing."""
        if parse.is_deleted(found):
            return Absent(deleted=True)
        return Present(parse.ledger_copy(kind, found, chart, changed_by=editor))

    def _looked_up(self, kind: str, sought: Sequence[Sought]) -> Mapping[str, LookUp]:
        keys = [one.voucher.key for one in sought]
        try:
            search = Search(self._brisk, self._chart(self._brisk), self._seen)
            found = Allocations(self._brisk).find(sought) if kind == ALLOCATION else search.find(kind, sought)
        except BridgeError as cause:
            return dict.fromkeys(keys, Unknown(str(cause)))
        return {key: self._read(kind, found[key], search.chart) if key in found else Absent() for key in keys}

    def _read(self, kind: str, found: Json, chart: Chart) -> LookUp:
        try:
            return self._as_found(kind, found, chart)
        except BridgeError as cause:
            return Unknown(str(cause))

    def _chart(self, client: Client) -> Chart:
        """The part of the chart that reading goes by; two calls, once."""
        if self._known_chart is None:
            self._known_chart = xero_facts.chart_of(client.organisation(), client.accounts())
        return self._known_chart

    def _which_tenant(self, refusal: AuthorizationError) -> AuthorizationError:
        """The refusal, or a clearer one where we were let in, but not into this organisation."""
        account = self._context.account
        try:
            granted = self._client.tenants()
        except BridgeError:
            return refusal
        if account in granted:
            return refusal
        told = ", ".join(granted) or "none"
        return AuthorizationError(
            f"Xero organisation {account}",
            f"bridge was not let into it (the connection's account is its tenant id; let into: {told})",
            "Correct the account in the settings file, or run `bridge connections authorize NAME` and choose it",
            code="xero.tenant",
        )


def _said(copy: LedgerCopy) -> tuple[object, ...]:
    """What an edit would change, whether or not the second in which it was made is another."""
    return copy.version, copy.lines_hash, copy.marks_hash, copy.memo, copy.dated_on, copy.number
