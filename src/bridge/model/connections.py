"""Connections and routes: who is authorised where, and which channel feeds which ledger, and how."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

import msgspec

from bridge import ids
from bridge.model.entries import Mode

EVERY_DAY = 7
"""As the day of a check: each of them."""
CONSENT_LASTS = timedelta(minutes=15)
"""So long a sign-in at a vendor may take."""


class Side(StrEnum):
    """Whether a connection reads a channel or writes a ledger."""

    SOURCE = "source"
    SINK = "sink"


class ConnectionState(StrEnum):
    """Whether a connection may work."""

    ACTIVE = "active"
    UNAUTHORIZED = "unauthorized"
    PAUSED = "paused"


class Connection(msgspec.Struct, frozen=True, dict=True):
    """One merchant's authorised link to one channel or ledger.

    name:     lower-case, unique in the organisation. account: shop domain, seller id, company id.
    settings: the plugin's own ConnectionSettings as JSON text, without secrets (those are sealed apart).
    state_since: when it went from work; None while it works, or where that is not known.
    """

    name: str
    plugin: str
    side: Side
    account: str
    settings: str = "{}"
    state: ConnectionState = ConnectionState.ACTIVE
    state_reason: str = ""
    state_since: datetime | None = None

    @property
    def why(self) -> str:
        """Why it does not work, and since when; empty while it does."""
        since = f" (since {self.state_since:%Y-%m-%d %H:%M} UTC)" if self.state_since else ""
        return "" if self.state is ConnectionState.ACTIVE else f"{self.state_reason}{since}"

    @cached_property
    def connection_id(self) -> str:
        return connection_id_of(self.name)


def connection_id_of(name: str) -> str:
    """The id of the connection of that name, which need not be there yet."""
    return ids.derive("con", name)


class BankLeg(StrEnum):
    """Which voucher, if any, moves a payout from clearing to the bank. Never two of them.

    transfer: clearing to bank, dated at arrival. document: the settlement itself is one open document whose total is
    the deposit, matched with the bank's line. none: the bank line is coded to clearing by a person or bank rule.
    """

    TRANSFER = "transfer"
    DOCUMENT = "document"
    NONE = "none"


class LatePolicy(StrEnum):
    """Where an entry goes whose date lies in a closed period."""

    HOLD = "hold"
    NEXT_OPEN_DAY = "next_open_day"


class TaxRegime(StrEnum):
    """How tax is booked on a route: what each of them means, ``model.tax_regimes`` says."""

    US_SALES_TAX = "us_sales_tax"
    VAT_STANDARD = "vat_standard"
    GST_HST = "gst_hst"
    GST_AU = "gst_au"
    GST_NZ = "gst_nz"
    VAT_CASH = "vat_cash"
    NOT_REGISTERED = "not_registered"
    OSS = "oss"
    EU_B2B = "eu_b2b"
    VAT_FLAT_RATE = "vat_flat_rate"


class GiftCards(StrEnum):
    """When a gift card owes VAT.

    multi_purpose:  when it is redeemed, at the rate of what is bought.
    single_purpose: when it is sold, because its rate is known by then; redeemed, its tax comes off the sale's.
    """

    MULTI_PURPOSE = "multi_purpose"
    SINGLE_PURPOSE = "single_purpose"


class TenderClass(StrEnum):
    """How money that buyers paid in one way reaches the merchant; when it is late, ``model.tenders`` says.

    pays_out: a gateway pays it to the bank. marketplace_payout: the channel does, in payouts or settlements of its own.
    wallet: it stays where it is until somebody moves it. manual: it comes piece by piece: cash, cheques, transfers.
    liability: it is no money, but what is owed to whoever holds a gift card or store credit.
    """

    PAYS_OUT = "pays_out"
    MARKETPLACE_PAYOUT = "marketplace_payout"
    WALLET = "wallet"
    MANUAL = "manual"
    LIABILITY = "liability"


class StatedItem(msgspec.Struct, frozen=True):
    """Something that was there before a route's first day and that its channel does not tell.

    account: a number of the chart. amount_minor: as it stands on that account, debit positive. what: for people.
    """

    account: str
    amount_minor: int
    currency: str
    what: str


class ChannelSplit(StrEnum):
    """How a ledger shows which channel something came of.

    class: by what its lines of profit and loss are reported by. account: by accounts of sales, costs and fees of its
    own. none: by its documents alone.
    """

    CLASS = "class"
    ACCOUNT = "account"
    NONE = "none"


class Route(msgspec.Struct, frozen=True, dict=True):
    """One source connection feeding one ledger connection.

    time_zone:  the merchant's calendar, an IANA name; book dates and month parts are days of it.
    first_day:  settlements that close on or after it are booked.
    review:     vouchers wait for a person before they are owed.
    pilot:      without review: they wait all the same until a pilot is accepted (decision 0062).
    tenders:    (gateway pattern, chart number) that come before the source's own. tender_classes: (gateway pattern, how
                its money comes) of the account that this gateway goes through, before what the source says.
    tax_codes:  (tax treatment, the ledger's tax code by id or name) where bridge's own choice is not meant.
    tax_regime: None where nobody said; what the books then go by, ``model.tax_setup`` decides.
    tax_regime_confirmed: the country in which the regime is meant although it is not that country's.
    standard_rate: the standard rate of its tax in percent, for what a channel reports without a rate; empty where its
                country has several and nobody said which.
    gift_cards: when they owe VAT; None while nobody has said, and the first card then waits.
    vat_in_rows: whether the channel's account states VAT in rows of its own; None while nobody has said.
    placed_from: the day from which on what is a sale before it is paid is booked when it is placed; None: all is booked
                when it is paid.
    hold_back_hours: how long after its end a day waits before its vouchers may be sent.
    accounts:   (role or chart number, the ledger's account by number, name or id) where they differ.
    opening_minor: what the ledger itself holds on the clearing account at ``first_day``, in minor units of the ledger's
                 currency; the explainer's first line.
    opening_items: what else was there before that day, as a person states it.
    tracking:   what its lines of profit and loss are reported by, as ``model.tracking`` reads it, where no rule says.
    own_accounts: what is added to the number of an account of sales, their costs and fees that nobody maps, where the
                channel has such accounts to itself (``SHP``: 4000 is looked for as 4000SHP); empty where it shares.
    is_ended:    nothing more is read, booked, sent or checked on it; what was stays.
    sync_minutes, post_at, check_on: when a worker does it by itself: takes in and books every so many minutes; sends at
                 that time of day (``HH:MM``; empty: as soon as it may be); compares on that weekday (0 for Monday,
                 ``EVERY_DAY``, None for never).
    """

    name: str
    source: str
    ledger: str
    time_zone: str
    first_day: date
    clearing: str
    bank: str
    mode: Mode = Mode.PAYOUT
    tax_regime: TaxRegime | None = None
    bank_leg: BankLeg = BankLeg.TRANSFER
    late: LatePolicy = LatePolicy.HOLD
    review: bool = False
    accounts: tuple[tuple[str, str], ...] = ()
    opening_minor: int = 0
    tenders: tuple[tuple[str, str], ...] = ()
    tender_classes: tuple[tuple[str, TenderClass], ...] = ()
    tax_codes: tuple[tuple[str, str], ...] = ()
    standard_rate: str = "20"
    vat_in_rows: bool | None = None
    hold_back_hours: int = 0
    gift_cards: GiftCards | None = None
    tax_regime_confirmed: str = ""
    opening_items: tuple[StatedItem, ...] = ()
    tracking: str = ""
    own_accounts: str = ""
    is_ended: bool = False
    sync_minutes: int = 240
    post_at: str = ""
    check_on: int | None = 0
    pilot: bool = False
    placed_from: date | None = None

    @cached_property
    def route_id(self) -> str:
        return ids.derive("rte", self.name)

    @property
    def opening_subject(self) -> str:
        """What the acceptance of its opening is about: a route with another first day opens otherwise."""
        return f"{self.route_id} {self.first_day}"

    @property
    def pilot_subject(self) -> str:
        """What the acceptance of its pilot is about: into another ledger, or in another mode, it is tried out anew."""
        return f"pilot {self.route_id} {self.ledger} {self.mode}"
