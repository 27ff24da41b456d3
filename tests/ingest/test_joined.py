"""Documents of one order that come in several files, in any turn: read together, and what people decide about them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count, permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.cli.imports import plain_file, show_files
from bridge.errors import ConfigError
from bridge.ingest import Decisions, ImportedFile, Importer, Outcome
from bridge.model.documents import Document, DocumentKind, DocumentState
from bridge.model.findings import FindingState, KeptFinding
from bridge.model.lines import Line
from bridge.plugin import StandIn
from bridge.store.api import KeptDocument, Store
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.ingest.channel import CONNECTION, LEDGER, ROUTE
from tests.ingest.joined_channel import Back, JoinedSource, Sale, Thing, offer, write

MONDAY = datetime(2026, 6, 22, 9, tzinfo=UTC)
TUESDAY, FRIDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)
SOLD = Sale("101", 4400, MONDAY)
BACK = Back("201", "101", 1000, TUESDAY)
AFTER = Sale("101", 4400, FRIDAY, refunds=("201",))


class Shop:
    """A merchant whose channel joins orders."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.source, self.clock = store, folder, JoinedSource(), FakeClock()
        desk = FakeDesk(
            self.clock, sources={CONNECTION.name: self.source}, source_offers={CONNECTION.name: offer(self.source)}
        )
        self.importer, self.decisions = Importer(store, desk, self.clock), Decisions(store, desk, self.clock)
        with store.unit("test") as unit:
            unit.connections.put(CONNECTION)
            unit.connections.put(LEDGER)
            unit.routes.put(ROUTE)

    def take(self, *things: Thing, name: str = "") -> ImportedFile:
        path = write(self.folder / (name or f"{len(list(self.folder.iterdir()))}.json"), *things)
        found = self.importer.import_file(CONNECTION.name, path, actor="ada")
        assert found.error is None, found.error
        return found

    def documents(self) -> dict[str, KeptDocument]:
        with self.store.reading() as unit:
            kept = tuple(unit.documents.of_connection(CONNECTION.connection_id))
        return {f"{one.document.identity.kind} {one.document.identity.external_id}": one for one in kept}

    def lines(self, document: Document) -> list[Line]:
        with self.store.reading() as unit:
            pages = unit.documents.lines(document.document_id, document.revision)
            return [line for page in pages for line in page]

    def amounts(self, name: str) -> list[tuple[str, str, int, date]]:
        """Kind, part, minor units and day of each line of a document."""
        lines = self.lines(self.documents()[name].document)
        return [(line.kind, str(line.part), line.amount_minor, line.occurred_at.date()) for line in lines]

    def amounts_of(self, name: str) -> list[tuple[str, str, int, date]]:
        """Those of all documents whose names begin so."""
        return [line for each in self.documents() if each.startswith(name) for line in self.amounts(each)]

    def found(self, name: str) -> list[tuple[str, int]]:
        """Code and minor units of the findings about an order and its refunds."""
        told = [kept.finding for kept in self.findings() if name in kept.finding.title]
        return sorted((finding.code, finding.amount_minor) for finding in told)

    def findings(self) -> list[KeptFinding]:
        with self.store.reading() as unit:
            return list(unit.findings.of_route(ROUTE.route_id, FindingState.OPEN))

    def contents(self) -> set[tuple[str, str]]:
        """What the newest documents say, whatever way they came."""
        return {(name, kept.document.content_hash) for name, kept in self.documents().items()}


@pytest.fixture
def shop(sqlite_store: Store, tmp_path: Path) -> Shop:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Shop(sqlite_store, folder)


def test_a_refund_that_comes_before_its_order_waits_and_names_it(shop: Shop) -> None:
    """Never in a currency that nobody told: 1,000 JPY once went out as 1,000.00 USD."""
    (refund,) = shop.take(BACK).documents

    assert (refund.outcome, refund.reason) == (Outcome.HELD, "refund.awaits_order")
    assert (refund.document.currency, refund.document.line_count) == ("XXX", 0)
    assert [problem.message for problem in refund.problems] == ["refund 201 of 1000 waits for order 101"]


def test_a_refund_that_waited_is_read_with_its_order_when_that_comes(shop: Shop) -> None:
    shop.take(BACK)
    found = shop.take(msgspec.structs.replace(AFTER, currency="JPY"))

    assert {(one.document.identity.kind, one.outcome, one.document.currency) for one in found.documents} == {
        (DocumentKind.ORDER, Outcome.NEW, "JPY"),
        (DocumentKind.REFUND, Outcome.NEW, "JPY"),
    }
    assert shop.documents()["refund 201"].state is DocumentState.NEW
    assert shop.source.asked == [("101", 2)]


def test_a_refund_that_is_told_again_without_its_order_changes_nothing(shop: Shop) -> None:
    shop.take(SOLD, BACK)
    shop.take(BACK, name="again.json")
    refund = shop.documents()["refund 201"]
    assert (refund.document.revision, refund.document.total_minor) == (1, -1000)


def doubted(sale: Sale) -> Sale:
    return msgspec.structs.replace(sale, is_doubted=True)


@pytest.mark.parametrize(
    "files", [[(doubted(AFTER), BACK)], [(BACK,), (doubted(AFTER),)], [(doubted(AFTER),), (BACK,)]]
)
def test_a_refund_of_an_order_that_is_held_is_held_with_it(shop: Shop, files: list[tuple[Thing, ...]]) -> None:
    for things in files:
        shop.take(*things)
    order, refund = (shop.documents()[name] for name in ("order 101", "refund 201"))

    assert (order.state, refund.state) == (DocumentState.HELD, DocumentState.HELD)
    assert (refund.reason, refund.problems) == ("joined.doubted", order.problems)
    assert not shop.take(*files[-1], name="again.json").is_news


def test_a_refund_is_set_free_with_its_order_though_nothing_of_the_refund_itself_changed(shop: Shop) -> None:
    shop.take(doubted(SOLD), BACK)
    shop.take(msgspec.structs.replace(AFTER, minor=4500))

    assert [kept.state for kept in shop.documents().values()] == [DocumentState.NEW, DocumentState.NEW]
    assert shop.documents()["refund 201"].problems == ()


def test_a_refund_that_is_not_booked_yet_is_held_once_its_order_is_and_one_that_is_stays(shop: Shop) -> None:
    shop.take(SOLD, BACK, Back("202", "101", 500, TUESDAY))
    booked = shop.documents()["refund 202"].document
    with shop.store.unit("test") as unit:
        unit.documents.set_state(booked.document_id, booked.revision, DocumentState.BOOKED, "")
    shop.take(doubted(msgspec.structs.replace(AFTER, minor=4500, refunds=("201", "202"))))
    states = {name: (kept.state, kept.document.revision) for name, kept in shop.documents().items()}

    assert states == {
        "order 101": (DocumentState.HELD, 2),
        "refund 201": (DocumentState.HELD, 2),
        "refund 202": (DocumentState.BOOKED, 1),
    }


def test_whole_orders_are_read_once_and_the_store_is_not_asked_for_more(shop: Shop) -> None:
    shop.take(SOLD, BACK)
    assert shop.source.asked == []


def test_of_a_refund_without_its_order_no_total_is_made_up(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    show_files([shop.take(BACK, name="refund.json")])
    told = capsys.readouterr().out

    assert "not known" in told
    assert "XXX" not in told
    assert "held: waits for its order" in told


def test_what_is_read_again_only_with_its_order_is_counted_and_not_listed(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page tells of what stands on it, and of what it changes."""
    shop.take(SOLD, name="sale.json")
    show_files([shop.take(BACK, name="refund.json")])
    listed, counted = capsys.readouterr().out.splitlines()[-2:]
    assert "refund.json" in listed
    assert "201" in listed
    assert counted == "refund.json: read with 1 more document of its orders, known and unchanged"

    found = shop.take(AFTER, name="later.json")
    assert {(one.document.identity.kind, one.outcome, one.is_joined) for one in found.documents} == {
        (DocumentKind.ORDER, Outcome.KNOWN, False),
        (DocumentKind.REFUND, Outcome.KNOWN, True),
    }
    assert [one["is_joined"] for one in plain_file(found)["documents"]] == [False, True]


def test_what_waited_for_a_later_file_of_the_same_import_is_told_with_that(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = shop.take(BACK, name="refund.json"), shop.take(AFTER, name="order.json")

    show_files([first])
    assert "refund.awaits_order" in capsys.readouterr().out
    show_files([first, second])
    shown = capsys.readouterr().out
    assert "awaits_order" not in shown
    assert shown.count("201 of order 101") == 1


def test_what_changes_with_its_order_is_listed_though_the_file_does_not_state_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.take(BACK, name="refund.json")
    show_files([shop.take(AFTER, name="order.json")])

    told = capsys.readouterr().out
    assert told.count("order.json") == 2, "the order that it states, and the refund that waited for it"
    assert "unchanged" not in told


EDITED = Sale("101", 5000, FRIDAY, refunds=("201",))
LATER: list[Thing] = [SOLD, BACK, AFTER, msgspec.structs.replace(EDITED, told_at=FRIDAY + timedelta(days=1))]
WAYS = list(permutations(LATER))


@pytest.mark.parametrize("way", range(len(WAYS)))
def test_any_turn_of_files_gives_the_same_documents(shop: Shop, way: int) -> None:
    for thing in WAYS[way]:
        shop.take(thing)
    expected = {"order 101": 5000, "refund 201": -1000}
    assert {name: kept.document.total_minor for name, kept in shop.documents().items()} == expected
    assert shop.amounts("order 101") == [
        ("sale.product", "sale", 600, date(2026, 6, 27)),
        ("tender", "receipt", -4400, date(2026, 6, 15)),
        ("sale.product", "sale", 4400, date(2026, 6, 15)),
    ]
    assert [kept.finding.code for kept in shop.findings()] == ["channel.edited"]


def test_what_was_charged_first_is_known_from_an_answer_that_comes_after_two_later_ones(shop: Shop) -> None:
    """The second of these says what the first did, and is kept: not its instant alone."""
    for thing in (Sale("101", 1500, TUESDAY), Sale("101", 1500, FRIDAY), Sale("101", 1000, MONDAY)):
        shop.take(thing)

    assert [minor for _, part, minor, _ in shop.amounts("order 101") if part == "receipt"] == [-1000]
    assert [(kept.finding.code, kept.finding.amount_minor) for kept in shop.findings()] == [("channel.edited", 500)]


def test_a_content_that_is_known_keeps_what_was_told_of_it_and_then_changes_nothing(shop: Shop) -> None:
    shop.take(SOLD)
    first = shop.documents()["order 101"].document
    assert shop.take(AFTER).documents[0].outcome is Outcome.KNOWN
    second = shop.documents()["order 101"].document
    assert (second.as_of, second.revision) == (FRIDAY, 1)
    assert second.vault_hash != first.vault_hash
    shop.take(AFTER, SOLD)
    shop.take(SOLD, name="again.json")
    assert shop.documents()["order 101"].document == second


NUMBERS = count(5_000)
TOTALS = st.lists(st.sampled_from([1000, 1500, 2000]), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), totals=TOTALS, is_refunded=st.booleans())
def test_any_turn_and_repetition_of_answers_about_an_order_gives_the_same_documents(
    shop: Shop, data: st.DataObject, totals: list[int], is_refunded: bool
) -> None:
    """As if all had come in one file, whatever the order was in between and however often it was told."""

    def answers(name: str) -> list[Thing]:
        sales = [Sale(name, minor, MONDAY + timedelta(days=day)) for day, minor in enumerate(totals)]
        return [*sales, *([Back(f"{name}-1", name, 300, TUESDAY)] if is_refunded else [])]

    one, other = (f"{next(NUMBERS)}" for _ in range(2))
    shop.take(*answers(one))
    again = data.draw(st.lists(st.sampled_from(answers(other)), max_size=3))
    for thing in data.draw(st.permutations([*answers(other), *again])):
        shop.take(thing)

    def came_to(name: str) -> list[tuple[str, str, int, date]]:
        return sorted(line for kind in ("order", "refund") for line in shop.amounts_of(f"{kind} {name}"))

    assert came_to(other) == came_to(one)
    assert shop.found(other) == shop.found(one)


def test_an_edit_after_payment_is_found_and_gone_when_the_shop_goes_back(shop: Shop) -> None:
    shop.take(SOLD)
    shop.take(Sale("101", 5000, TUESDAY))
    (edited,) = shop.findings()
    assert (edited.finding.code, edited.finding.amount_minor) == ("channel.edited", 600)
    shop.take(Sale("101", 4400, FRIDAY))
    assert shop.findings() == []


# A refund whose record is gone.

GONE = Sale("101", 4400, FRIDAY)


def test_a_refund_that_its_order_shows_no_more_stays_and_is_found(shop: Shop) -> None:
    """F20: an answer that lists no refunds may be the shop's own fault."""
    shop.take(SOLD, BACK)
    shop.take(GONE)

    (gone,) = shop.findings()
    assert (gone.finding.code, gone.finding.amount_minor, gone.finding.currency) == ("channel.gone", -1000, "GBP")
    assert f"bridge decide {gone.finding.finding_id} reverse" in gone.finding.repair
    assert shop.documents().keys() == {"order 101", "refund 201"}


def test_a_person_takes_a_gone_refund_back_dated_the_day_it_was_seen(shop: Shop) -> None:
    shop.take(SOLD, BACK)
    shop.take(GONE)
    (gone,) = shop.findings()
    shop.clock.sleep(30 * 24 * 3600)
    shop.decisions.reverse(gone, by="ada", reason="the gateway moved nothing")

    seen = gone.first_seen_at.date()
    assert shop.amounts("order refund 201:reversed:1") == [
        ("refund.product", "sale", 1000, seen),
        ("tender", "receipt", -1000, seen),
    ]
    assert shop.findings() == []
    shop.take(GONE, name="again.json")
    assert shop.findings() == []
    with pytest.raises(ConfigError, match="is closed already"):
        shop.decisions.reverse(gone, by="ada", reason="twice")


def test_a_refund_taken_back_stands_again_when_the_shop_shows_it_again(shop: Shop) -> None:
    shop.take(SOLD, BACK)
    shop.take(GONE)
    shop.decisions.reverse(shop.findings()[0], by="ada", reason="the gateway moved nothing")
    shop.take(msgspec.structs.replace(AFTER, told_at=FRIDAY + timedelta(days=30)))

    assert shop.amounts("refund refund 201:reversed:2") == [
        ("refund.product", "refund", -1000, date(2026, 7, 26)),
        ("tender", "repayment", 1000, date(2026, 7, 26)),
    ]
    assert shop.findings() == []


# An order that is cancelled, and its money does not go back.

CANCELLED = Sale("101", 4400, TUESDAY, is_cancelled=True)


def test_a_cancelled_order_stays_and_on_a_persons_word_is_owed_to_the_buyer(shop: Shop) -> None:
    shop.take(SOLD)
    shop.take(CANCELLED)
    (found,) = shop.findings()
    assert (found.finding.code, found.finding.amount_minor) == ("channel.cancelled", 4400)
    assert shop.documents().keys() == {"order 101"}

    shop.decisions.reverse(found, by="ada", reason="paid back by cheque")
    assert shop.amounts("refund order 101:reversed:1") == [
        ("sale.product", "refund", -4400, found.first_seen_at.date())
    ]


def test_what_is_owed_to_the_buyer_is_even_once_the_channel_pays_it_back(shop: Shop) -> None:
    shop.take(SOLD)
    shop.take(CANCELLED)
    shop.decisions.reverse(shop.findings()[0], by="ada", reason="will be paid back")
    later = FRIDAY + timedelta(days=30)
    shop.take(Back("202", "101", 4400, later), Sale("101", 4400, later, refunds=("202",), is_cancelled=True))

    assert shop.amounts("order order 101:reversed:2") == [("sale.product", "sale", 4400, date(2026, 7, 26))]
    assert shop.documents()["refund 202"].document.total_minor == -4400
    assert shop.findings() == []


def test_a_part_paid_back_later_leaves_the_rest_to_be_decided_anew(shop: Shop) -> None:
    shop.take(SOLD)
    shop.take(CANCELLED)
    shop.decisions.reverse(shop.findings()[0], by="ada", reason="will be paid back")
    shop.clock.sleep(3600)
    shop.take(Back("202", "101", 400, FRIDAY), Sale("101", 4400, FRIDAY, refunds=("202",), is_cancelled=True))

    (found,) = shop.findings()
    assert (found.finding.code, found.finding.amount_minor) == ("channel.cancelled", 4000)
    shop.decisions.reverse(found, by="ada", reason="the rest too")
    rest = shop.documents()["refund order 101:reversed:3"].document
    assert rest.total_minor == -4000


# A refund whose order nobody can bring.


def test_a_person_books_a_refund_alone_in_the_currency_they_name(shop: Shop) -> None:
    shop.take(BACK)
    (found,) = shop.decisions.book_alone("201", StandIn("JPY", "card"), by="ada", reason="the order is lost")
    assert (found.document.currency, found.document.total_minor) == ("JPY", -1000)
    assert shop.documents()["refund 201"].state is DocumentState.NEW
    with pytest.raises(ConfigError, match="no refund of that id waits"):
        shop.decisions.book_alone("201", StandIn("JPY", "card"), by="ada", reason="again")


def test_an_order_that_comes_after_all_corrects_the_refund_booked_alone(shop: Shop) -> None:
    shop.take(BACK)
    shop.decisions.book_alone("201", StandIn("JPY", "card"), by="ada", reason="the order is lost")
    shop.take(AFTER)
    refund = shop.documents()["refund 201"].document
    assert (refund.currency, refund.revision) == ("GBP", 3)
