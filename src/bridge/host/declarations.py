"""What ``bridge apply`` reads of a settings file: connections, routes and rules, as a person writes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    field_validator,
)

from bridge.errors import BridgeError, ConfigError
from bridge.host.config_file import check_tables, read_toml, refusal
from bridge.model.connections import EVERY_DAY, BankLeg, ChannelSplit, GiftCards, LatePolicy, TaxRegime, TenderClass
from bridge.model.entries import Mode
from bridge.model.money import minor_from_text
from bridge.model.rules import Rule
from bridge.model.tax import is_rate, is_treatment
from bridge.model.tax_regimes import REFUSED
from bridge.model.tracking import plain

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTRY = re.compile(r"[A-Z]{2}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
CHECK_DAYS: Final[Mapping[str, int | None]] = {
    **{name: number for number, name in enumerate(_WEEKDAYS)},
    "daily": EVERY_DAY,
    "never": None,
}
"""When routes are checked, as a person writes it."""
_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
Name = Annotated[str, StringConstraints(pattern=_NAME)]
Text = Annotated[str, StringConstraints(min_length=1)]
Tracking = Annotated[str, AfterValidator(plain)]


class ConnectionTable(BaseModel):
    """``[connections.NAME]``: one account at a channel or ledger.

    account: may be left out where signing in tells it. inbox: for a channel, the folder in which its files arrive,
    from the settings file's folder. Every other key is a setting that the plugin declares.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    plugin: Text
    account: str = ""
    inbox: str = ""


class OpeningItemTable(BaseModel):
    """``[[routes.NAME.opening_items]]``: see ``model.connections.StatedItem``. amount: as ``"1250.00 USD"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: Text
    amount: Text
    what: Text

    @field_validator("amount")
    @classmethod
    def _check_amount(cls, text: str) -> str:
        money_of(text)
        return text


class TenderTable(BaseModel):
    """``[routes.NAME.tenders.GATEWAY]``: where the money of a gateway goes, how it comes, or both.

    account: a chart number; as the source says where it is left out. class: of all that goes through that account.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: Text | None = None
    tender_class: TenderClass | None = Field(default=None, alias="class")


class RouteTable(BaseModel):
    """``[routes.NAME]``: which channel connection feeds which ledger connection, and how.

    opening:  what the ledger itself holds on the clearing account at ``first_day``, as ``"1250.00 USD"``.
    opening_items: what else was there before that day, and the channel does not tell.
    accounts: ``[routes.NAME.accounts]``: chart number or role = the ledger's account, where they differ.
    tenders:  ``[routes.NAME.tenders]``: gateway, or a pattern of them = chart number, or a table of that and its class,
              before the source's own.
    tax_codes: ``[routes.NAME.tax_codes]``: tax treatment = the ledger's tax code, where bridge's choice is not meant.
    tracking: what lines of profit and loss are reported by, as ``"class=Web shop; location=Leeds"``.
    channel_split: see ``model.connections.ChannelSplit``. customers: in whose name sales stand; real ones are refused.
    tax_regime: has no default but for companies in the United States: see ``model.tax_setup``.
    placed_from: see ``model.connections.Route``.
    ended:    nothing more is read, booked, sent or checked on it; what was stays.
    sync_minutes, post_at, check_on: when a worker does it by itself: see ``model.connections.Route``. check_on: a
              weekday, ``daily`` or ``never``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Text
    ledger: Text
    time_zone: Text
    first_day: date
    mode: Mode | None = None
    tax_regime: TaxRegime | None = None
    tax_regime_confirmed: str = ""
    bank_leg: BankLeg | None = None
    placed_from: date | None = None
    hold_back_hours: int | None = Field(default=None, ge=0, le=24 * 31)
    late: LatePolicy = LatePolicy.HOLD
    review: StrictBool = False
    sync_minutes: int = Field(default=240, ge=5, le=24 * 60 * 7)
    post_at: str = ""
    check_on: str = "monday"
    pilot: StrictBool = False
    clearing: str = ""
    bank: str = ""
    opening: str = ""
    opening_items: tuple[OpeningItemTable, ...] = ()
    accounts: dict[Text, Text] = Field(default_factory=dict)
    tenders: dict[Text, TenderTable] = Field(default_factory=dict)
    tax_codes: dict[Text, Text] = Field(default_factory=dict)
    standard_rate: str = ""
    gift_cards: GiftCards | None = None
    vat_in_rows: StrictBool | None = None
    tracking: Tracking = ""
    channel_split: ChannelSplit = ChannelSplit.NONE
    customers: Literal["system", "real"] = "system"
    ended: StrictBool = False

    @field_validator("tenders", mode="before")
    @classmethod
    def _as_tables(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: {"account": one} if isinstance(one, str) else one for name, one in given.items()}

    @field_validator("opening")
    @classmethod
    def _check_opening(cls, text: str) -> str:
        money_of(text)
        return text

    @field_validator("post_at")
    @classmethod
    def _check_time(cls, text: str) -> str:
        if text and not _TIME.fullmatch(text):
            raise ValueError('is no time of day, such as "06:00"')
        return text

    @field_validator("check_on")
    @classmethod
    def _check_weekday(cls, text: str) -> str:
        if text not in CHECK_DAYS:
            raise ValueError(f"is none of: {', '.join(CHECK_DAYS)}")
        return text

    @field_validator("tax_regime", mode="before")
    @classmethod
    def _check_scheme(cls, given: Any) -> Any:
        if given in REFUSED:
            raise ValueError(REFUSED[given])
        return given

    @field_validator("tax_regime_confirmed")
    @classmethod
    def _check_country(cls, text: str) -> str:
        if text and not _COUNTRY.fullmatch(text):
            raise ValueError('is no country by its two capitals, such as "CA"')
        return text

    @field_validator("standard_rate")
    @classmethod
    def _check_rate(cls, text: str) -> str:
        if text and not is_rate(text):
            raise ValueError('is no rate in percent, such as "20" or "8.5"')
        return text

    @field_validator("tax_codes")
    @classmethod
    def _check_treatments(cls, codes: dict[str, str]) -> dict[str, str]:
        if wrong := next((name for name in codes if not is_treatment(name)), ""):
            raise ValueError(f'{wrong!r} is no tax treatment, such as "sale:20", "purchase:exempt" or "none"')
        return codes


class RuleTable(BaseModel):
    """``[[rules.ROUTE.rule]]``: see ``model.rules.Rule``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    account: str = ""
    kind: str = "*"
    sku: str = ""
    words: str = ""
    attributes: dict[str, str] = Field(default_factory=dict)
    as_kind: str = ""
    tracking: Tracking = ""
    contact: str = ""
    item: str = ""
    tax: str = ""

    @field_validator("tax")
    @classmethod
    def _check_tax(cls, text: str) -> str:
        if text and not is_treatment(text):
            raise ValueError('is no tax treatment, such as "sale:20", "purchase:exempt" or "none"')
        return text

    def rule(self) -> Rule:
        """The same as the books know it."""
        facts = self.model_dump(exclude={"attributes"})
        return Rule(attributes=tuple(sorted(self.attributes.items())), **facts)


class RulesTable(BaseModel):
    """``[rules.ROUTE]``: the next version of a route's rules, in force from a book date; defaults are added."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    effective_from: date
    reason: Text
    author: str = ""
    rule: tuple[RuleTable, ...] = ()


class Declarations(BaseModel):
    """What is declared. path: of the file that does, for messages and for paths in it; None for no file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path | None = None
    connections: dict[Name, ConnectionTable] = Field(default_factory=dict)
    routes: dict[Name, RouteTable] = Field(default_factory=dict)
    rules: dict[Name, RulesTable] = Field(default_factory=dict)

    def where(self, table: str, key: str = "") -> str:
        """A table, or a key of it, as messages name it."""
        return f"{f'{self.path}: ' if self.path else ''}[{table}] {key}".rstrip()

    def only(self, tables: Collection[tuple[str, str]]) -> Declarations:
        """These tables, by kind and name, with the routes that read from a connection of them, and the rules of all."""
        connections = {name: table for name, table in self.connections.items() if ("connections", name) in tables}
        routes = {
            name: table
            for name, table in self.routes.items()
            if ("routes", name) in tables or table.source in connections
        }
        rules = {route: table for route, table in self.rules.items() if route in routes}
        return self.model_copy(update={"connections": connections, "routes": routes, "rules": rules})


def read_declarations(path: Path) -> Declarations:
    """The connections, routes and rules of a settings file.

    Raises: ConfigError naming the file, the table, the key, the cause and the next step.
    """
    document = read_toml(path)
    check_tables(path, document)
    return _checked({name: document[name] for name in ("connections", "routes", "rules") if name in document}, path)


def declarations_of(tables: Mapping[tuple[str, str], Mapping[str, Any]]) -> Declarations:
    """The same of tables that stand in no file, by kind and name. Raises: ConfigError naming the table and the key."""
    told: dict[str, dict[str, Any]] = {}
    for (kind, name), table in tables.items():
        told.setdefault(kind, {})[name] = table
    return _checked(told, None)


def _checked(told: Mapping[str, Any], path: Path | None) -> Declarations:
    try:
        return Declarations.model_validate({**told, "path": path})
    except ValidationError as cause:
        error = refusal(cause, Declarations, lambda steps: f"{f'{path}: ' if path else ''}{_written(steps)}")
    raise _no_name(error.thing) if "pattern" in error.cause else error


def check_name(what: str, name: str) -> None:
    """Whether a connection or route may be called so. Raises: ConfigError."""
    if not re.match(_NAME, name):
        raise _no_name(f"{what} {name!r}")


def _no_name(thing: str) -> ConfigError:
    return ConfigError(thing, "is no name", "Use lower-case letters, digits and hyphens", code="config.name")


def money_of(text: str) -> tuple[int, str]:
    """The minor units and the currency of such as ``"1250.00 USD"``; nothing, in no currency, for no text.

    Raises: ValueError for anything else.
    """
    if not text:
        return 0, ""
    amount, _, currency = text.partition(" ")
    try:
        return minor_from_text(amount, currency), currency
    except BridgeError as cause:
        raise ValueError(f'is no amount with a currency, such as "1250.00 USD" ({cause.cause})') from None


def _written(steps: tuple[str, ...]) -> str:
    """The path of a key as it stands in the file: ``[rules.us] rule 1 kind``."""
    table, keys = ".".join(steps[:2]), [step for step in steps[2:] if step != "[key]"]
    if steps[:1] == ("rules",) and len(keys) > 1:
        keys[1] = str(int(keys[1]) + 1)
    return f"[{table}] {' '.join(keys)}".rstrip()
