"""The connections and routes a file means, held against the plugins and against what is there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NoReturn

import msgspec

from bridge.errors import ConfigError
from bridge.host.config_file import nearest
from bridge.host.connections import connection_settings
from bridge.host.declarations import CHECK_DAYS, ConnectionTable, Declarations, RouteTable, money_of
from bridge.host.guard import NO_HOSTS, Guard
from bridge.host.registry import Offer, Registry
from bridge.model.accounts import OF
from bridge.model.chart import OPENING_CLEARING, ROLE_BANK, ROLE_CLEARING, Chart, chart_with
from bridge.model.connections import (
    BankLeg,
    ChannelSplit,
    Connection,
    ConnectionState,
    Route,
    Side,
    StatedItem,
    TenderClass,
)
from bridge.model.entries import Mode
from bridge.model.facts import LedgerFacts
from bridge.model.money import is_currency
from bridge.model.periods import zone
from bridge.model.tax_regimes import row_of
from bridge.model.tax_setup import asks_for_rows
from bridge.model.tenders import tender_account
from bridge.model.tracking import merged
from bridge.plugin import SinkCapabilities, SourceCapabilities, SourceOffer

SETTINGS_SECONDS = 60
DAY_HOLD_BACK_HOURS = 30


class Known(msgspec.Struct, frozen=True):
    """What the store holds already, by name. booked: routes that have entries. facts: of ledgers seen.

    let_in: connections that something is sealed for, though they may not be there yet.
    """

    connections: Mapping[str, Connection]
    routes: Mapping[str, Route]
    booked: frozenset[str]
    facts: Mapping[str, LedgerFacts]
    let_in: frozenset[str] = frozenset()


def planned_connections(declarations: Declarations, registry: Registry, known: Known) -> tuple[Connection, ...]:
    """Every declared connection. Raises: ConfigError."""
    planned = tuple(
        _Table(declarations, f"connections.{name}").connection(name, table, registry, known)
        for name, table in declarations.connections.items()
    )
    seen: dict[tuple[str, str], str] = {}
    for connection in planned:
        other = seen.setdefault((connection.plugin, connection.account), connection.name)
        if connection.account and other != connection.name:
            _Table(declarations, f"connections.{connection.name}").refuse(
                "account",
                f"is the same as that of [connections.{other}]",
                "Keep one of them",
                "config.second_connection",
            )
    return planned


def planned_routes(
    declarations: Declarations, registry: Registry, known: Known, connections: Sequence[Connection]
) -> tuple[Route, ...]:
    """Every declared route. Raises: ConfigError."""
    everyone = {**known.connections, **{connection.name: connection for connection in connections}}
    planned = tuple(
        _Table(declarations, f"routes.{name}").route(name, table, registry, everyone, known)
        for name, table in declarations.routes.items()
    )
    others = {name: route for name, route in known.routes.items() if name not in declarations.routes}
    readers = {route.source: name for name, route in others.items() if not route.is_ended}
    for route in (one for one in planned if not one.is_ended):
        if readers.setdefault(route.source, route.name) != route.name:
            _Table(declarations, f"routes.{route.name}").refuse(
                "source",
                f"is read by route {readers[route.source]} already, and its lines are booked once",
                "Keep one of them",
                "config.second_route",
            )
    _check_times(declarations, planned, [*others.values(), *planned])
    return planned


def _check_times(declarations: Declarations, planned: Sequence[Route], everyone: Sequence[Route]) -> None:
    """What waits for a ledger goes together, so the routes into it say the same of when."""
    times: dict[str, Route] = {}
    for route in (one for one in everyone if not one.is_ended):
        other = times.setdefault(route.ledger, route)
        if other.post_at != route.post_at and route in planned:
            _Table(declarations, f"routes.{route.name}").refuse(
                "post_at",
                f"is {route.post_at or 'left out'}, and {other.post_at or 'left out'} of route {other.name} into the "
                "same ledger",
                "Say the same of both",
                "config.post_at",
            )


def charts_of(
    routes: Iterable[Route], registry: Registry, connections: Mapping[str, Connection]
) -> Mapping[str, Chart]:
    """The accounts that the rules of each route may name."""
    return {
        route.name: chart_with(registry.source(connections[route.source].plugin).capabilities.accounts)
        for route in routes
    }


def asking_for_rows(
    routes: Iterable[Route], registry: Registry, connections: Mapping[str, Connection]
) -> Iterator[Route]:
    """Those whose channel gives settlements, and that do not say yet whether these state VAT in rows."""
    for route in routes:
        is_of_settlements = not registry.source(connections[route.source].plugin).capabilities.tenders
        if is_of_settlements and asks_for_rows(route):
            yield route


class _Table:
    """One table of the file, for messages."""

    def __init__(self, declarations: Declarations, name: str) -> None:
        self._folder = (declarations.path or Path()).resolve().parent
        self._written = declarations.where(name)

    def refuse(self, key: str, cause: str, next_step: str, code: str) -> NoReturn:
        """Raise the error that names file, table and key."""
        raise ConfigError(f"{self._written} {key}".rstrip(), cause, next_step, code=code)

    def connection(self, name: str, table: ConnectionTable, registry: Registry, known: Known) -> Connection:
        """A declared connection; a kept one keeps its state, and an account that was learned."""
        kept = known.connections.get(name)
        offer = self._offer(table, registry)
        if kept is not None and kept.plugin != table.plugin:
            self.refuse(
                "plugin", f"is {kept.plugin} in the store", "Give the new connection a name of its own", "config.fixed"
            )
        if kept is not None and kept.account and table.account not in {"", kept.account}:
            cause = f"is {kept.account} in the store, and its documents belong to that"
            self.refuse("account", cause, "Give the new connection a name of its own", "config.fixed")
        account = table.account or (kept.account if kept else "")
        is_let_in_first = registry.side(table.plugin) is Side.SINK and offer.oauth is not None  # channels bring files
        if not account and not is_let_in_first:
            self.refuse("account", "is missing", "Name the account at the channel or ledger", "config.missing")
        must_wait = kept is None and is_let_in_first and name not in known.let_in
        return Connection(
            name=name,
            plugin=table.plugin,
            side=registry.side(table.plugin),
            account=account,
            settings=self._settings(name, table, offer, registry.side(table.plugin)),
            state=kept.state if kept else ConnectionState.UNAUTHORIZED if must_wait else ConnectionState.ACTIVE,
            state_reason=kept.state_reason if kept else "nobody has authorised it yet" if must_wait else "",
            state_since=kept.state_since if kept else None,
        )

    def route(
        self, name: str, table: RouteTable, registry: Registry, connections: Mapping[str, Connection], known: Known
    ) -> Route:
        """A declared route, completed from what its source declares."""
        source = self._end("source", table.source, Side.SOURCE, connections)
        ledger = self._end("ledger", table.ledger, Side.SINK, connections)
        kept = known.routes.get(name)
        if kept is not None and name in known.booked and (kept.source, kept.ledger) != (table.source, table.ledger):
            cause = f"is {kept.source} to {kept.ledger} in the store, and entries were booked on it"
            self.refuse("source or ledger", cause, "Give the new route a name of its own", "config.fixed")
        declared = registry.source(source.plugin).capabilities
        mode = table.mode or declared.modes[0]
        if mode not in declared.modes:
            offered = ", ".join(declared.modes)
            self.refuse("mode", f"{mode} is not offered by {source.plugin}", f"Use one of: {offered}", "config.mode")
        try:
            zone(table.time_zone)
        except ConfigError as cause:
            self.refuse("time_zone", f"{table.time_zone!r} is {cause.cause}", cause.next_step, "config.time_zone")
        clearing, bank = table.clearing or declared.clearing, table.bank or declared.bank
        if clearing == bank:
            self.refuse("clearing", "is the same account as bank", "Name two accounts", "config.accounts")
        route = Route(
            name=name,
            source=source.name,
            ledger=ledger.name,
            time_zone=table.time_zone,
            first_day=table.first_day,
            clearing=clearing,
            bank=bank,
            mode=mode,
            tax_regime=table.tax_regime,
            tax_regime_confirmed=table.tax_regime_confirmed,
            bank_leg=self._bank_leg(table, declared, registry.sink(ledger.plugin).capabilities),
            late=table.late,
            review=table.review,
            accounts=self._accounts(table),
            tenders=self._tenders(table, declared),
            tender_classes=_tender_classes(table),
            tax_codes=tuple(sorted(table.tax_codes.items())),
            standard_rate=table.standard_rate or row_of(table.tax_regime).standard_rate,
            gift_cards=table.gift_cards,
            vat_in_rows=self._vat_in_rows(table, declared),
            hold_back_hours=_hold_back(table, mode),
            opening_minor=self._opening(table, known.facts.get(ledger.name)),
            opening_items=self._opening_items(table, declared),
            tracking=self._tracking(table, registry.source(source.plugin), registry.sink(ledger.plugin).capabilities),
            own_accounts=declared.prefix if table.channel_split is ChannelSplit.ACCOUNT else "",
            is_ended=table.ended,
            sync_minutes=table.sync_minutes,
            post_at=table.post_at,
            check_on=CHECK_DAYS[table.check_on],
            pilot=table.pilot,
            placed_from=self._placed_from(table, declared, mode),
        )
        self._check_classes(route, declared)
        return route

    def _offer(self, table: ConnectionTable, registry: Registry) -> Offer:
        try:
            return registry.offer(table.plugin)
        except ConfigError as cause:
            self.refuse("plugin", f"{table.plugin!r}: {cause.cause}", cause.next_step, cause.code)

    def _settings(self, name: str, table: ConnectionTable, offer: Offer, side: Side) -> str:
        """The plugin's settings and the host's inbox, as the JSON text that is kept."""
        told = dict(table.model_extra or {})
        if table.inbox and side is not Side.SOURCE:
            self.refuse("inbox", "is for channels; this is a ledger", "Remove it", "config.inbox")
        if table.inbox:
            told["inbox"] = str(self._folder / table.inbox)
        text = msgspec.json.encode(told, order="sorted").decode()
        guard = Guard(offer.name, name, hosts=NO_HOSTS, seconds=SETTINGS_SECONDS)
        guard.call("settings", lambda: connection_settings(offer, name, text))
        return text

    def _end(self, key: str, name: str, side: Side, connections: Mapping[str, Connection]) -> Connection:
        fitting = {one.name for one in connections.values() if one.side is side}
        if name not in fitting:
            cause = f"{name!r} is no connection to a {'channel' if side is Side.SOURCE else 'ledger'}"
            self.refuse(key, cause, nearest(name, fitting), "config.connection")
        return connections[name]

    def _accounts(self, table: RouteTable) -> tuple[tuple[str, str], ...]:
        roles = {ROLE_CLEARING, ROLE_BANK}
        for key in table.accounts:
            named, of, currency = key.partition(OF)
            if named.startswith("@") and named not in roles:
                self.refuse(f"accounts {key}", "is no role", nearest(named, roles), "config.accounts")
            if of and not is_currency(currency):
                cause = f"{currency!r} is no currency of ISO 4217"
                self.refuse(f"accounts {key}", cause, f"Use one such as {named}{OF}EUR", "config.accounts")
        return tuple(sorted(table.accounts.items()))

    def _tenders(self, table: RouteTable, declared: SourceCapabilities) -> tuple[tuple[str, str], ...]:
        if table.tenders and not declared.tenders:
            cause = "name gateways, and this channel reports no payments of buyers"
            self.refuse("tenders", cause, "Remove them", "config.tenders")
        chart = chart_with(declared.accounts)
        numbers = {gateway: one.account for gateway, one in table.tenders.items() if one.account is not None}
        for gateway, number in numbers.items():
            if number not in chart:
                cause = f"{number!r} is no number of the chart"
                self.refuse(f"tenders {gateway}", cause, "Use one such as 1240", "config.tenders")
            elif not chart[number].account_class.holds_money:
                cause = f"{chart[number].title} is no account that buyers' money can be on"
                self.refuse(f"tenders {gateway}", cause, "Use one such as 1240", "config.tenders")
        return tuple(numbers.items())

    def _check_classes(self, route: Route, declared: SourceCapabilities) -> None:
        """An account has one class, and only what the channel itself pays out is of the class that says so."""
        of_account: dict[str, tuple[str, TenderClass]] = {}
        chart = chart_with(declared.accounts)
        for gateway, stated in route.tender_classes:
            key, number = f"tenders {gateway}", tender_account(gateway, route, declared.tenders)
            other, earlier = of_account.setdefault(number, (gateway, stated))
            account = chart[number]
            if earlier is not stated:
                cause = f"is {stated}, and {other} of the same account {account.title} is {earlier}"
                self.refuse(key, cause, "Give one of them another account", "config.tenders")
            if (stated is TenderClass.LIABILITY) is not account.account_class.is_liability:
                cause = f"is {stated}, and goes through {account.title}, a {account.account_class}"
                self.refuse(key, cause, "Name another class or account", "config.tenders")
            is_payable = number == route.clearing and bool(declared.payable)
            if (stated is TenderClass.MARKETPLACE_PAYOUT) is not is_payable:
                cause = f"is {stated}; marketplace_payout is what the channel's own payouts hold, and nothing else"
                self.refuse(key, cause, "Name another class, or leave it out", "config.tenders")

    def _bank_leg(self, table: RouteTable, declared: SourceCapabilities, sink: SinkCapabilities) -> BankLeg:
        """What the table says, else what the ledger's plugin declares for settlements or payouts.

        Nothing stays open by default where tax is due when money comes.
        """
        leg = table.bank_leg or (sink.payout_leg if declared.tenders else sink.settlement_leg)
        if leg is BankLeg.DOCUMENT and not table.bank_leg and row_of(table.tax_regime).is_paid:
            leg = BankLeg.NONE
        if leg not in sink.bank_legs:
            offered = ", ".join(sink.bank_legs)
            self.refuse("bank_leg", f"{leg} is not for this ledger", f"Use one of: {offered}", "config.bank_leg")
        if leg is BankLeg.DOCUMENT and declared.tenders:
            cause = "document is for settlements that hold their own sales, and this channel reports orders"
            self.refuse("bank_leg", cause, "Use transfer or none", "config.bank_leg")
        return leg

    def _vat_in_rows(self, table: RouteTable, declared: SourceCapabilities) -> bool | None:
        if table.vat_in_rows is not None and declared.tenders:
            cause = "is about settlements, and this channel states its tax with each line"
            self.refuse("vat_in_rows", cause, "Remove it", "config.vat_in_rows")
        return table.vat_in_rows

    def _tracking(self, table: RouteTable, source: SourceOffer, sink: SinkCapabilities) -> str:
        """What the table says, and of what it leaves out the channel, where that is to be told so."""
        if table.customers == "real":
            cause = '"real" would bring the names of buyers into the store and into what is sent, and bridge keeps none'
            self.refuse("customers", cause, "Leave it out: sales stand in the name of the channel", "config.customers")
        if table.channel_split is not ChannelSplit.CLASS:
            return table.tracking
        if not sink.channel_dimension:
            cause = "class is for ledgers that report lines by something, and this one does not"
            self.refuse("channel_split", cause, "Use account or none", "config.channel_split")
        return merged(table.tracking, f"{sink.channel_dimension}={source.title}")

    def _opening(self, table: RouteTable, facts: LedgerFacts | None) -> int:
        opening_minor, currency = money_of(table.opening)
        if facts and currency not in ("", facts.home_currency):
            cause = f"is not in {facts.home_currency}, the ledger's currency"
            self.refuse("opening", cause, "Convert it", "config.opening")
        return opening_minor

    def _placed_from(self, table: RouteTable, declared: SourceCapabilities, mode: Mode) -> date | None:
        if table.placed_from is not None and (mode is Mode.PAYOUT or not declared.tenders):
            cause = "is for channels that report orders, in mode order or day: what a payout holds was paid"
            self.refuse("placed_from", cause, "Remove it, or use another mode", "config.placed_from")
        return table.placed_from

    def _opening_items(self, table: RouteTable, declared: SourceCapabilities) -> tuple[StatedItem, ...]:
        chart = chart_with(declared.accounts)
        for number, item in enumerate(table.opening_items, start=1):
            known = chart.get(item.account)
            is_fitting = known is not None and known.account_class.is_of_the_balance_sheet
            if not is_fitting or item.account == OPENING_CLEARING:
                cause = f"{item.account!r} is no account of the balance sheet that something can have stood on"
                self.refuse(f"opening_items {number} account", cause, "Use one such as 1260", "config.accounts")
        return tuple(StatedItem(item.account, *money_of(item.amount), item.what) for item in table.opening_items)


def _hold_back(table: RouteTable, mode: Mode) -> int:
    """How long a day waits after its end: until 06:00 of the second morning, where the table does not say."""
    if table.hold_back_hours is not None:
        return table.hold_back_hours
    return DAY_HOLD_BACK_HOURS if mode is Mode.DAY else 0


def _tender_classes(table: RouteTable) -> tuple[tuple[str, TenderClass], ...]:
    stated = ((gateway, one.tender_class) for gateway, one in table.tenders.items())
    return tuple((gateway, one) for gateway, one in stated if one is not None)
