"""``bridge apply``: the store is made to match the file, and the same file twice changes nothing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge import ids
from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.host.apply import ApplyReport, apply_declarations
from bridge.host.declarations import read_declarations
from bridge.host.registry import Registry
from bridge.model.chart import Chart
from bridge.model.connections import BankLeg, Connection, ConnectionState, LatePolicy, Route, Side
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.model.entries import JournalEntry, Mode, Slot
from bridge.model.facts import LedgerTaxCode
from bridge.model.rules import Rule, RuleSet
from bridge.store.api import KeptDocument, Store, UnitOfWork
from bridge.store.packing import Content
from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.host.plugins import both, ledger_facts, shop_offer
from tests.host.test_declarations import WHOLE

SECOND_ROUTE = """
[routes.b]
source = "shop-us"
ledger = "books-us"
time_zone = "UTC"
first_day = 2026-01-01
"""
OTHER_SHOP = """
[connections.shop-b]
plugin = "shop"
account = "B1SELLER"
region = "south"
"""
RULES = WHOLE[WHOLE.index("[rules.us]") :]


class Desk:
    """A folder with a file, applied to a store."""

    def __init__(self, store: SqlStore, clock: FakeClock, folder: Path) -> None:
        self.store, self.clock, self.file = store, clock, folder / "bridge.toml"
        self.registry: Registry = both()

    def apply(self, text: str, *, is_dry_run: bool = False) -> ApplyReport:
        self.file.write_text(text, encoding="utf-8")
        return apply_declarations(
            self.store,
            self.registry,
            read_declarations(self.file),
            actor="cli:ann",
            clock=self.clock,
            activate_rules=activate,
            check_automatic=check_automatic,
            is_dry_run=is_dry_run,
        )

    def refusal(self, right: str, wrong: str) -> ConfigError:
        """What a whole file says in which one thing was made wrong."""
        assert right in WHOLE
        before = self.everything()
        with pytest.raises(ConfigError) as error:
            self.apply(WHOLE.replace(right, wrong))
        assert self.everything() == before
        return error.value

    def everything(self) -> tuple[Any, ...]:
        with self.store.reading() as unit:
            return unit.connections.all(), unit.routes.all(), unit.rules.versions("us"), list(unit.audit.rows())

    def connection(self, name: str) -> Connection:
        with self.store.reading() as unit:
            return unit.connections.get(name)

    def route(self, name: str = "us") -> Route:
        with self.store.reading() as unit:
            return unit.routes.get(name)


def check_automatic(unit: UnitOfWork, route: Route) -> None:
    """As ``books`` does, of a clearing account that always opens with what was there."""


def activate(
    store: Store,
    name: str,
    rules: Sequence[Rule],
    effective_from: date,
    author: str,
    reason: str,
    clock: Clock,
    *,
    chart: Chart | None = None,
) -> RuleSet:
    """As ``books`` does, without its defaults."""
    if any(rule.account == "9999" for rule in rules):
        raise ConfigError(
            f"rules {name}", "names unknown account '9999'", "Use a number of the chart", code="rules.invalid"
        )
    with store.unit(author) as unit:
        versions = unit.rules.versions(name)
        if versions and (versions[-1].rules, versions[-1].effective_from) == (tuple(rules), effective_from):
            return versions[-1]
        made = RuleSet(name, len(versions) + 1, effective_from, tuple(rules), author, reason, clock.now())
        unit.rules.add(made)
        return made


@pytest.fixture
def desk(sqlite_store: SqlStore, clock: FakeClock, tmp_path: Path) -> Desk:
    return Desk(sqlite_store, clock, tmp_path)


def outcomes(report: ApplyReport) -> dict[str, str]:
    return {f"{item.what} {item.name}": item.outcome for item in report.items}


def test_store_is_made_to_match_the_file(desk: Desk, tmp_path: Path) -> None:
    report = desk.apply(WHOLE)

    assert outcomes(report) == {
        "connection shop-us": "added",
        "connection books-us": "added",
        "route us": "added",
        "rules us": "added",
    }
    assert report.unauthorized == ("books-us",)
    shop, books = desk.connection("shop-us"), desk.connection("books-us")
    assert (shop.side, shop.account, shop.state) == (Side.SOURCE, "A1SELLER", ConnectionState.ACTIVE)
    assert shop.settings == f'{{"inbox":"{tmp_path}/inbox/us","region":"south"}}'
    assert (books.side, books.account, books.state) == (Side.SINK, "", ConnectionState.UNAUTHORIZED)
    assert desk.route() == Route(
        name="us",
        source="shop-us",
        ledger="books-us",
        time_zone="America/Los_Angeles",
        first_day=date(2026, 1, 1),
        clearing="1200",
        bank="1000",
        bank_leg=BankLeg.NONE,
        late=LatePolicy.NEXT_OPEN_DAY,
        review=True,
        pilot=True,
        accounts=(("4000", "Sales"), ("@bank", "Checking")),
        opening_minor=-125010,
    )
    with desk.store.reading() as unit:
        (rules,) = unit.rules.versions("us")
    assert (rules.author, rules.reason, [rule.id for rule in rules.rules]) == ("Ann", "first set", ["gifts", "odd"])


@pytest.mark.parametrize(
    ("written", "kept"), [("", None), ("vat_in_rows = true", True), ("vat_in_rows = false", False)]
)
def test_whether_vat_is_in_rows_is_unsaid_until_a_file_says_it(desk: Desk, written: str, kept: bool | None) -> None:
    told = f'mode = "payout"\ntax_regime = "vat_standard"\n{written}'
    report = desk.apply(WHOLE.replace('mode = "payout"', told))

    assert desk.route().vat_in_rows is kept
    assert [name for name, _ in report.rows] == ([] if written else ["us"]), "set-up asks"


def test_same_file_twice_changes_nothing(desk: Desk) -> None:
    desk.apply(WHOLE)
    before = desk.everything()
    report = desk.apply(WHOLE)

    assert set(outcomes(report).values()) == {"unchanged"}
    assert desk.everything()[:3] == before[:3]


def test_dry_run_says_the_same_and_leaves_no_trace(desk: Desk) -> None:
    before = desk.everything()
    rehearsed = desk.apply(WHOLE, is_dry_run=True)

    assert desk.everything() == before
    assert desk.apply(WHOLE) == rehearsed


def test_what_changed_is_changed_and_what_was_learned_stays(desk: Desk) -> None:
    desk.apply(WHOLE)
    learned = msgspec.structs.replace(desk.connection("books-us"), account="9130", state=ConnectionState.ACTIVE)
    with desk.store.unit("test") as unit:
        unit.connections.put(learned)
    report = desk.apply(WHOLE.replace("next_open_day", "hold").replace("south", "west").replace("GIFT-*", "CARD-*"))

    assert outcomes(report) == {
        "connection shop-us": "changed",
        "connection books-us": "unchanged",
        "route us": "changed",
        "rules us": "changed",
    }
    assert report.unauthorized == ()
    assert desk.connection("books-us") == learned
    assert '"region":"west"' in desk.connection("shop-us").settings
    assert desk.route().late is LatePolicy.HOLD


def test_paused_connection_stays_paused(desk: Desk) -> None:
    desk.apply(WHOLE)
    with desk.store.unit("test") as unit:
        unit.connections.set_state("shop-us", ConnectionState.PAUSED, "plugin hung")
    desk.apply(WHOLE.replace("south", "west"))

    assert (desk.connection("shop-us").state, desk.connection("shop-us").state_reason) == (
        ConnectionState.PAUSED,
        "plugin hung",
    )


def test_what_the_file_does_not_name_is_reported_and_left_alone(desk: Desk) -> None:
    desk.apply(WHOLE)
    report = desk.apply("")

    assert outcomes(report) == {
        "connection books-us": "not in file",
        "connection shop-us": "not in file",
        "route us": "not in file",
    }
    assert desk.route().source == "shop-us"


def test_route_without_rules_gets_the_bare_defaults_once(desk: Desk) -> None:
    text = WHOLE.replace(RULES, "")

    assert outcomes(desk.apply(text))["rules us"] == "added"
    assert "rules us" not in outcomes(desk.apply(text))
    with desk.store.reading() as unit:
        (rules,) = unit.rules.versions("us")
    assert (rules.rules, rules.effective_from, rules.author) == ((), date(2026, 1, 1), "cli:ann")


def test_file_without_its_connections_may_change_a_route_of_the_store(desk: Desk) -> None:
    desk.apply(WHOLE)
    text = WHOLE[WHOLE.index("[routes.us]") :].replace("next_open_day", "hold")

    assert outcomes(desk.apply(text))["route us"] == "changed"


REFUSED: list[tuple[str, str, str, str, str]] = [
    ('"shop"', '"shopp"', "config.plugin_unknown", "[connections.shop-us] plugin", "Did you mean shop"),
    ('account = "A1SELLER"', "", "config.missing", "[connections.shop-us] account", "is missing"),
    ('account = "A1SELLER"', 'acount = "A1"\naccount = "A1"', "config.unknown_key", "acount", "Did you mean account"),
    ('region = "south"', 'regio = "south"', "config.unknown_key", "[connections.shop-us] regio", "Did you mean region"),
    ('region = "south"', "region = 5", "config.value", "[connections.shop-us] region", "valid string"),
    ('plugin = "books"', 'plugin = "books"\ninbox = "in"', "config.inbox", "[connections.books-us] inbox", "channels"),
    ('ledger = "books-us"', 'ledger = "book-us"', "config.connection", "[routes.us] ledger", "Did you mean books-us"),
    (
        'ledger = "books-us"',
        'ledger = "shop-us"',
        "config.connection",
        "[routes.us] ledger",
        "no connection to a ledger",
    ),
    (
        'source = "shop-us"',
        'source = "books-us"',
        "config.connection",
        "[routes.us] source",
        "no connection to a channel",
    ),
    ("America/Los_Angeles", "Pacific", "config.time_zone", "[routes.us] time_zone", "not an IANA time zone"),
    ('mode = "payout"', 'mode = "day"', "config.mode", "[routes.us] mode", "Use one of: payout"),
    ('mode = "payout"', 'bank = "1200"', "config.accounts", "[routes.us] clearing", "same account as bank"),
    ('"@bank"', '"@banc"', "config.accounts", "[routes.us] accounts @banc", "Did you mean @bank"),
    ('"@bank"', '"@banc:EUR"', "config.accounts", "[routes.us] accounts @banc:EUR", "Did you mean @bank"),
    ('"@bank"', '"@bank:EURO"', "config.accounts", "[routes.us] accounts @bank:EURO", "Use one such as @bank:EUR"),
    ('"@bank"', '"1200:eur"', "config.accounts", "[routes.us] accounts 1200:eur", "Use one such as 1200:EUR"),
    ("rules.us", "rules.uss", "config.rules", "[rules.uss]", "Did you mean us"),
    ('"4060"', '"9999"', "rules.invalid", "rules us", "unknown account"),
    (
        "[connections.books-us]",
        '[connections.twin]\nplugin = "shop"\naccount = "A1SELLER"\n[connections.books-us]',
        "config.second_connection",
        "[connections.twin] account",
        "[connections.shop-us]",
    ),
    (
        "[routes.us.accounts]",
        f"{SECOND_ROUTE}\n[routes.us.accounts]",
        "config.second_route",
        "[routes.b] source",
        "booked once",
    ),
    (
        "[routes.us.accounts]",
        f'{OTHER_SHOP}{SECOND_ROUTE.replace("shop-us", "shop-b")}post_at = "06:00"\n[routes.us.accounts]',
        "config.post_at",
        "[routes.b] post_at",
        "left out of route us into the same ledger",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "code", "place", "said"), REFUSED)
def test_mistake_is_told_by_table_and_key_and_nothing_is_changed(
    desk: Desk, right: str, wrong: str, code: str, place: str, said: str
) -> None:
    error = desk.refusal(right, wrong)

    assert error.code == code
    assert place in error.thing
    assert said in str(error)


def test_settings_model_that_crashes_is_the_plugins_fault(desk: Desk) -> None:
    with pytest.raises(Exception, match=r"plugin shop \(shop-us\) settings: raised KeyError"):
        desk.apply(WHOLE.replace("south", "atlantis"))


def test_account_and_plugin_of_a_connection_never_change(desk: Desk) -> None:
    """Its documents bear the account in their identity."""
    desk.apply(WHOLE)

    assert "is A1SELLER in the store" in str(desk.refusal("A1SELLER", "A2SELLER"))
    desk.registry = both(shop=shop_offer(name="other"))
    assert "is shop in the store" in str(desk.refusal('"shop"', '"other"'))


def test_second_connection_to_an_account_of_the_store_is_refused(desk: Desk) -> None:
    desk.apply(WHOLE)
    with pytest.raises(ConfigError, match="connection shop-us already holds shop account A1SELLER"):
        desk.apply('[connections.twin]\nplugin = "shop"\naccount = "A1SELLER"\n')


def test_second_route_from_a_channel_of_the_store_is_refused(desk: Desk) -> None:
    desk.apply(WHOLE)
    text = WHOLE.replace("routes.us", "routes.eu").replace(RULES, "")
    with pytest.raises(ConfigError, match="is read by route us already"):
        desk.apply(text)


def test_opening_must_be_in_the_ledgers_currency_once_that_is_known(desk: Desk) -> None:
    desk.apply(WHOLE)
    with desk.store.unit("test") as unit:
        unit.facts.put(ledger_facts("books-us", desk.clock.now()))

    assert "is not in USD, the ledger's currency" in str(desk.refusal("-1250.10 USD", "-1250.10 CAD"))


def test_route_that_has_entries_keeps_its_ends(desk: Desk) -> None:
    desk.apply(WHOLE)
    other = '[connections.shop-b]\nplugin = "shop"\naccount = "B"\n[connections.books-us]'
    moved = WHOLE.replace("[connections.books-us]", other).replace('source = "shop-us"', 'source = "shop-b"')
    assert outcomes(desk.apply(moved))["route us"] == "changed"
    desk.apply(WHOLE)
    book_something(desk)

    with pytest.raises(ConfigError, match=r"\[routes\.us\] source or ledger: is shop-us to books-us") as error:
        desk.apply(moved)
    assert error.value.code == "config.fixed"


def test_broken_plugin_of_a_connection_is_named_with_its_cause(desk: Desk) -> None:
    desk.registry = Registry()
    with pytest.raises(ConfigError, match=r"\[connections\.shop-us\] plugin: 'shop': no installed plugin offers it"):
        desk.apply(WHOLE)


def book_something(desk: Desk) -> None:
    """One empty entry on the route."""
    at = datetime(2026, 6, 1, tzinfo=UTC)
    document = Document(
        identity=Identity("shop", "A1SELLER", DocumentKind.SETTLEMENT, "778"),
        revision=1,
        currency="USD",
        total_minor=0,
        opened_at=at,
        closed_at=at,
        pays_at=None,
        line_count=0,
        content_hash="hash",
        vault_hash=ids.sha256_hex(b"x"),
        witness=Witness.FILE,
        plugin="shop",
        plugin_version="1.0",
    )
    slot = Slot(desk.route().route_id, Mode.PAYOUT, "778", "2026-06")
    made = JournalEntry(slot, 1, document.document_id, 1, at.date(), "USD", "payout 778", (), 1, "hash", "1.0")
    with desk.store.unit("test") as unit:
        unit.vault.put("june.txt", Content.of(b"x"))
        connection_id = desk.connection("shop-us").connection_id
        kept = KeptDocument(document, connection_id, 0, state=DocumentState.NEW, saved_at=at)
        unit.documents.add_many([(kept, ())])
        unit.entries.add(made)


def test_where_the_ledgers_country_is_known_apply_asks_what_must_be_answered_p28(desk: Desk) -> None:
    unknown = desk.apply(WHOLE)
    facts = ledger_facts("books-us", desk.clock.now())
    with desk.store.unit("host") as unit:
        unit.facts.put(msgspec.structs.replace(facts, country="CA"))
    known = desk.apply(WHOLE)
    stated = desk.apply(WHOLE.replace("review = true", 'tax_regime = "us_sales_tax"\ntax_regime_confirmed = "CA"'))

    assert unknown.questions == (), "it is asked once the ledger was let into"
    assert [(one.code, one.route, one.company, one.country) for one in known.questions] == [
        ("tax_regime.unstated", "us", "Ours", "CA")
    ]
    assert stated.questions == ()
    assert (desk.route().tax_regime, desk.route().tax_regime_confirmed) == ("us_sales_tax", "CA")


def test_apply_tells_a_treatment_that_is_mapped_to_a_code_of_another_rate(desk: Desk) -> None:
    desk.apply(WHOLE)
    facts = ledger_facts("books-us", desk.clock.now())
    codes = (LedgerTaxCode("5", "5.0% R", "5", ("sale:5",)),)
    with desk.store.unit("host") as unit:
        unit.facts.put(msgspec.structs.replace(facts, tax_codes=codes))
    mapped = WHOLE.replace("[rules.us]", '[routes.us.tax_codes]\n"sale:20" = "5.0% R"\n"sale:5" = "5"\n\n[rules.us]', 1)

    assert desk.apply(mapped).odd_tax_codes == (("us", "sale:20 is mapped to '5.0% R', a code of 5 %"),)
