"""A window of many orders: one bulk operation, whoever dies, and however it comes out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import ExecutionResult, parse, validate

from bridge.errors import UnavailableError
from bridge.plugin import Page, Wait
from bridge_shopify import bulk_job
from bridge_shopify.bulk_job import bulk_query
from bridge_shopify_sandbox.bulk import FILES
from bridge_shopify_sandbox.schema import schema
from plugins.shopify.tests.seller import DAY, Seller

HOUR = 3_600


@pytest.fixture
def seller() -> Iterator[Seller]:
    """Six orders: one of many lines, one edited, two with refunds, of which one is long."""
    made = Seller()
    shop = made.shop
    shop.sell("10.00")
    shop.add(shop.sell("200.00", items=40), "5.00")
    shop.refund(shop.sell("30.00", items=3), "10.00")
    long = shop.sell("90.00", items=9)
    for _ in range(6):
        shop.refund(long, "9.00", lines=9)
    shop.cancel(shop.sell("40.00"))
    shop.sell("50.00", is_paid=False)
    made.sandbox.bucket.maximum = 1_000_000
    made.clock.sleep(HOUR)
    made.clock.waits.clear()
    yield made
    assert made.sandbox.server.crashes == []
    assert made.clock.waits == []
    made.sandbox.stop()


def pass_time(seller: Seller, seconds: float) -> None:
    seller.clock.sleep(seconds)
    seller.clock.waits.clear()


def drained(seller: Seller, cursor: bytes = b"", waits: list[Wait] | None = None) -> list[Page]:
    """All pages; each time that there is a wait, another process goes on when it is over."""
    pages = list[Page]()
    for _ in range(20):
        for answer in seller.answers(cursor):
            if isinstance(answer, Wait):
                break
            pages.append(answer)
        else:
            return pages
        if waits is not None:
            waits.append(answer)
        cursor = answer.cursor
        pass_time(seller, max(0.0, (answer.until - seller.clock.now()).total_seconds()))
    raise AssertionError("it waits for ever")


def test_many_orders_come_by_one_operation_and_are_what_pages_would_bring(seller: Seller) -> None:
    paged = seller.documents(seller.pull())
    made_at = seller.clock.now()
    pages = drained(seller)
    found = seller.documents(pages)

    assert [operation.roots for operation in seller.shop.bulk.operations] == [6]
    assert {name: one.facts[1] for name, one in found.items()} == {name: one.facts[1] for name, one in paged.items()}
    assert {one.problems for one in found.values()} == {()}
    assert {page.as_of for page in pages} == {made_at}, "whatever was read since is newer"
    assert pages[-1].is_last


def test_few_orders_and_those_of_a_short_window_are_read_in_pages(seller: Seller) -> None:
    seller.pull()

    assert seller.labels().count("Run") == 0
    assert seller.labels().count("OrdersCount") == 1


def test_what_dies_between_submitting_and_saving_finds_its_operation_again(seller: Seller) -> None:
    answers = seller.answers()
    intent = next(answers)
    assert isinstance(intent, Page)
    assert isinstance(next(answers), Wait)
    pass_time(seller, 600)  # nobody saved that

    first = next(seller.answers(intent.cursor))
    assert isinstance(first, Page), "it is through by now, and read"
    assert len(seller.owners(drained(seller, intent.cursor))) == 6
    assert len(seller.shop.bulk.operations) == 1


def test_a_window_that_begins_again_is_collected_anew(seller: Seller) -> None:
    drained(seller)
    seller.shop.sell("70.00")
    pass_time(seller, HOUR)

    assert len(seller.owners(drained(seller))) == 7
    assert len(seller.shop.bulk.operations) == 2


def test_its_file_is_read_in_cuts_between_orders_from_any_of_which_another_goes_on(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {name: one.facts[1] for name, one in seller.documents(drained(seller)).items()}
    monkeypatch.setattr(bulk_job, "_CUT_BYTES", 1_000)
    pages = drained(seller)

    assert len(pages) >= 5
    for place in range(len(pages) - 1):
        rest = drained(seller, pages[place].cursor)
        assert seller.owners(rest) == seller.owners(pages[place + 1 :])
        assert {name: one.facts[1] for name, one in seller.documents(pages[: place + 1] + rest).items()} == whole
    assert len(seller.shop.bulk.operations) == 2


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("failed", "ended FAILED (TIMEOUT)"),
        ("canceled", "ended CANCELED"),
        ("expired", "ended EXPIRED"),
        ("cut", "gives 5 orders, and says 6"),
    ],
)
def test_an_operation_that_comes_to_nothing_is_begun_anew_and_then_given_up(
    seller: Seller, kind: str, told: str
) -> None:
    waits = list[Wait]()
    seller.shop.break_bulk(kind)
    assert len(seller.owners(drained(seller, waits=waits))) == 6
    assert [wait.why for wait in waits][1] == f"a bulk operation {told}; another follows"
    assert len(seller.shop.bulk.operations) == 2

    for _ in range(3):
        seller.shop.break_bulk(kind)
    waits.clear()
    pages = drained(seller, waits=waits)
    assert len(seller.shop.bulk.operations) == 5
    assert waits[-1].why == f"a bulk operation {told}; the orders are read page by page"
    assert len(seller.documents(pages)) == 13
    assert not any(b"partial" in page.body for page in pages)


def test_a_file_that_lacks_its_end_is_not_read_though_it_has_all_orders(seller: Seller) -> None:
    """What of the last order hangs on it is missing, and nothing else in the file says so."""
    waits = list[Wait]()
    seller.shop.break_bulk("torn")

    assert len(seller.owners(drained(seller, waits=waits))) == 6
    torn, whole = seller.shop.bulk.operations
    assert waits[1].why == f"a bulk operation gives {torn.size} bytes, and says {torn.counted}; another follows"
    assert whole.size == torn.counted


def test_a_piece_that_was_not_asked_for_is_not_read(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache before the file answers with the first piece, whichever is asked for."""
    monkeypatch.setattr(bulk_job, "_CUT_BYTES", 20_000)
    (_, wait) = seller.answers()
    pass_time(seller, 60)
    (operation,) = seller.shop.bulk.operations
    first, *_ = [answer for answer in seller.answers(wait.cursor) if isinstance(answer, Page)]
    told = {"Content-Range": f"bytes 0-19999/{operation.size}"}
    body = operation.content(0, 20_000).decode()
    seller.faults.order("answer", path=f"{FILES}9000", status=206, body=body, headers=told)

    (again,) = seller.answers(first.cursor)
    assert isinstance(again, Wait)
    assert "another follows" in again.why


def test_an_operation_that_finds_nothing_is_no_more_than_an_empty_window(seller: Seller) -> None:
    """The host counts, and says that there should have been some."""
    seller.shop.break_bulk("empty")
    pages = drained(seller)

    assert seller.owners(pages) == []
    assert pages[-1].is_last


def test_a_file_that_is_older_than_seven_days_is_collected_anew(seller: Seller) -> None:
    (_, wait) = seller.answers()
    pass_time(seller, 8 * DAY.total_seconds())
    waits = list[Wait]()

    assert len(seller.owners(drained(seller, wait.cursor, waits))) == 6
    assert "ended EXPIRED" in waits[0].why
    assert len(seller.shop.bulk.operations) == 2


def test_an_app_that_is_kept_from_addresses_has_them_left_out(seller: Seller) -> None:
    seller.shop.hides_addresses = True
    pages = drained(seller)

    assert len(seller.owners(pages)) == 6
    assert not any(b"countryCode" in page.body for page in pages)
    assert [operation.error for operation in seller.shop.bulk.operations] == ["ACCESS_DENIED", ""]


def test_more_operations_than_a_shop_runs_at_once_wait_for_their_turn(seller: Seller) -> None:
    bulk = seller.shop.bulk
    bulk.run_seconds = 900
    for number in range(5):
        bulk.submit(f"{{ shop {{ name{number} }} }}", lambda _: [ExecutionResult({}, None)])
    waits = list[Wait]()

    assert len(seller.owners(drained(seller, waits=waits))) == 6
    assert "as many bulk operations as it may" in waits[0].why


@pytest.mark.parametrize("status", [400, 403, 404, 416])
def test_a_file_that_is_not_there_any_more_is_collected_anew(seller: Seller, status: int) -> None:
    seller.faults.order("answer", path=f"{FILES}9000", status=status)

    assert len(seller.owners(drained(seller))) == 6
    assert len(seller.shop.bulk.operations) == 2


def test_a_file_that_cannot_be_had_just_now_is_asked_for_again(seller: Seller) -> None:
    (_, wait) = seller.answers()
    pass_time(seller, 60)
    seller.faults.order("answer", path=f"{FILES}9000", status=503)

    with pytest.raises(UnavailableError, match="503"):
        list(seller.answers(wait.cursor))
    assert len(seller.owners(drained(seller, wait.cursor))) == 6
    assert len(seller.shop.bulk.operations) == 1


def test_a_file_that_comes_only_whole_is_read_too(seller: Seller) -> None:
    (_, wait) = seller.answers()
    pass_time(seller, 60)
    seller.faults.order(
        "answer", path=f"{FILES}9000", status=200, body=seller.shop.bulk.operations[0].content().decode()
    )

    assert len(seller.owners(drained(seller, wait.cursor))) == 6


@pytest.mark.parametrize("damage", ["orphan", "not json"])
def test_a_file_of_another_shape_is_not_read(seller: Seller, damage: str) -> None:
    (_, wait) = seller.answers()
    (operation,) = seller.shop.bulk.operations
    content = operation.content()
    operation.write((content.splitlines(keepends=True)[-1] if damage == "orphan" else b"<html>\n") + content)
    pass_time(seller, 60)
    waits = list[Wait]()

    assert len(seller.owners(drained(seller, wait.cursor, waits))) == 6
    assert "not in the shape" in waits[0].why


def test_the_address_of_the_file_lets_in_by_itself_and_is_told_to_nobody(
    seller: Seller, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = drained(seller)
    seen = [one for one in seller.sandbox.requests.all() if one.path.startswith(FILES)]
    told = capsys.readouterr()

    assert [one.status for one in seen] == [206], "the sandbox turns away whoever shows a token"
    assert FILES in told.out + told.err
    assert "Signature" not in told.out + told.err
    assert not any(b"Signature" in page.cursor + page.body for page in pages)


@pytest.mark.parametrize("addresses", [True, False])
def test_the_query_that_is_run_is_valid_and_bounds_the_window(addresses: bool) -> None:
    text = bulk_query("updated_at:>='2026-07-01T00:00:00Z'", addresses=addresses)

    assert validate(schema(), parse(text)) == []
    assert """orders(query: "updated_at:>='2026-07-01T00:00:00Z'")""" in text
    assert ("Address" in text) is addresses
