"""A shop that is asked: its pages, its census, what is asked for by its id, and notices; over the sandbox."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from bridge.errors import DocumentError, UnavailableError
from bridge.model.documents import DocumentKind
from bridge.model.reports import Sending, Subscription
from bridge.plugin import Count, FilePart, Gone, OwnerStart, Page, Unknown, Want
from bridge.sandbox import FaultKind
from bridge.testing import StillClock
from bridge_woocommerce.notices import DOOR
from bridge_woocommerce.pulled import WooCommercePulled
from bridge_woocommerce_sandbox import WooCommerceSandbox
from plugins.woocommerce.tests.pulling import CONNECTION, opened, settings, source
from plugins.woocommerce.tests.shop import Reading, gather, read_bytes, sample

SINCE = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = datetime(2026, 6, 2, tzinfo=UTC)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(SINCE + timedelta(hours=1))


@pytest.fixture
def sandbox(clock: StillClock) -> Iterator[WooCommerceSandbox]:
    with opened(clock) as running:
        yield running


def pages(asked: WooCommercePulled, stream: str = "orders") -> list[Page]:
    want = Want(stream, SINCE, UNTIL, b"", asked.survey())
    return [answer for answer in asked.pull(want) if isinstance(answer, Page)]


def owners(asked: WooCommercePulled, found: list[Page]) -> list[int]:
    facts = asked.survey()
    parts = (part for page in found for part in asked.read(asked.minimise(page), facts))
    return [int(part.external_id) for part in parts if isinstance(part, OwnerStart)]


def readings(asked: WooCommercePulled, page: Page) -> list[Reading]:
    """Its documents."""
    parts: list[FilePart] = [
        part for part in asked.read(asked.minimise(page), asked.survey()) if isinstance(part, FilePart)
    ]
    return gather(parts)


# Pages


@pytest.mark.parametrize("seed", [*range(40), 142, 188, 194, 254, 293, 311, 313, 315, 390])
def test_no_order_is_skipped_or_doubled_while_others_are_edited(
    sandbox: WooCommerceSandbox, clock: StillClock, seed: int
) -> None:
    """Many share a second, more than a page holds; what is edited leaves the window, and comes at most once."""
    chance = random.Random(seed)
    placed = []
    for _ in range(chance.randint(1, 14)):
        placed.append(sandbox.shop.place(["10.00"]))
        if not chance.randint(0, 3):
            clock.sleep(1)
    clock.sleep(2 * 86_400)
    edited: set[int] = set()

    def edit() -> None:
        if chance.random() < 0.25:
            edited.add(name := chance.choice(placed))
            sandbox.shop.add(name, "1.00")

    asked = source(sandbox, clock, page_size=chance.choice((1, 2, 3)))
    want = Want("orders", SINCE, UNTIL, b"", asked.survey())
    sandbox.vendor.on_answer = edit
    found = [answer for answer in asked.pull(want) if isinstance(answer, Page)]
    sandbox.vendor.on_answer = lambda: None
    came = Counter(owners(asked, found))

    assert set(placed) - edited <= came.keys()
    assert max(came.values(), default=1) == 1
    assert [page.is_last for page in found] == [False] * (len(found) - 1) + [True]


def test_a_second_that_is_another_whenever_it_is_read_is_read_later(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    for _ in range(3):
        sandbox.shop.place(["10.00"])
    asked = source(sandbox, clock, page_size=2)
    want = Want("orders", SINCE, UNTIL, b"", asked.survey())

    def sell() -> None:
        sandbox.shop.place(["10.00"])

    sandbox.vendor.on_answer = sell

    with pytest.raises(UnavailableError, match="kept changing"):
        list(asked.pull(want))


def test_bounds_are_whole_seconds_and_half_open(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    placed = []
    for _ in range(3):
        placed.append(sandbox.shop.place(["10.00"]))
        clock.sleep(1)
    asked = source(sandbox, clock)
    at = SINCE + timedelta(hours=1)
    since, until = at + timedelta(microseconds=1), at + timedelta(seconds=2)

    want = Want("orders", since, until, b"", asked.survey())
    assert owners(asked, [page for page in asked.pull(want) if isinstance(page, Page)]) == [placed[1]]
    assert asked.census("orders", since, until) == Count(1)
    assert asked.census("orders", at, until + timedelta(microseconds=1)) == Count(3)


def test_an_order_in_the_bin_comes_with_the_others(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    kept, binned = sandbox.shop.place(["10.00"]), sandbox.shop.place(["20.00"])
    sandbox.shop.set_status(binned, "trash")
    asked = source(sandbox, clock)

    assert owners(asked, pages(asked)) == [kept, binned]
    assert asked.census("orders", SINCE, UNTIL, with_ids=True) == Count(
        2, (("order", str(kept)), ("order", str(binned)))
    )


def test_an_order_larger_than_what_is_left_of_a_page_opens_the_next(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    placed = [sandbox.shop.place(["10.00"]) for _ in range(3)]
    for name in placed:
        big = {"id": 1, "key": "_lots", "value": "x" * 3_000_000}
        sandbox.shop.orders[name]["meta_data"].append(big)
    asked = source(sandbox, clock, page_size=100)
    found = pages(asked)

    assert [len(owners(asked, [page])) for page in found] == [2, 1, 0]
    assert owners(asked, found) == placed
    rest = asked.pull(Want("orders", SINCE, UNTIL, found[0].cursor, asked.survey()))
    assert owners(asked, [page for page in rest if isinstance(page, Page)]) == placed[2:]


def test_an_order_that_is_deleted_while_it_is_read_is_left_out(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    placed = [sandbox.shop.place(["10.00"]) for _ in range(2)]
    sandbox.shop.refund(placed[0], "1.00")
    asked = source(sandbox, clock)
    want = Want("orders", SINCE, UNTIL, b"", asked.survey())
    left = [placed[0], 0]

    def delete() -> None:
        """Behind the list, before the refunds."""
        if left and (name := left.pop()):
            sandbox.shop.delete(name)

    sandbox.vendor.on_answer = delete
    found = [page for page in asked.pull(want) if isinstance(page, Page)]
    assert owners(asked, found) == placed[1:]


@pytest.mark.parametrize("storage", ["tables", "posts"])
def test_a_page_says_the_same_as_saved_answers(sandbox: WooCommerceSandbox, clock: StillClock, storage: str) -> None:
    """F14: the same contents by file and by asking, so that each is booked once."""
    sandbox.shop.set(storage=storage)
    placed = sandbox.shop.place(["10.00", "7.35"], tax="8.875", shipping="4.50", fee="0.49")
    sandbox.shop.refund(placed, line=1)
    sandbox.shop.refund(placed, "1.00")
    asked = source(sandbox, clock)
    key = sandbox.shop.settings.key, sandbox.shop.settings.secret
    urls = [f"{sandbox.url}/wp-json/wc/v3/{what}?dp=6&per_page=100" for what in ("orders", "refunds")]
    saved = [requests.get(url, auth=key, timeout=60).content for url in urls]
    by_file = {one.name: one for one in read_bytes(b"[%b]" % b",".join(saved))}
    by_page = {one.name: one for one in readings(asked, pages(asked)[0])}

    assert by_page.keys() == by_file.keys()
    assert len(by_file) == 4
    assert {one.content_hash for one in by_page.values()} == {one.content_hash for one in by_file.values()}


def test_the_bytes_that_are_kept_name_no_buyer(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    placed = sandbox.shop.place(["10.00"], fee="0.49")
    sandbox.shop.refund(placed, line=0)
    asked = source(sandbox, clock)
    (page,) = pages(asked)[:1]

    assert b"Ann Sample" in page.body
    assert b"billing" not in page.body, "it is not asked for"
    assert b"Ann" not in asked.minimise(page)


# One thing


def test_a_refund_comes_by_itself_and_names_its_order(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    placed = sandbox.shop.place(["10.00"])
    refunds = [sandbox.shop.refund(placed, amount) for amount in ("1.00", "2.00", "3.00")]
    asked = source(sandbox, clock)
    answer = asked.one("refund", str(refunds[1]))

    assert isinstance(answer, Page)
    (found,) = readings(asked, answer)
    assert (found.name, found.start.order_id) == ((DocumentKind.REFUND, str(refunds[1])), str(placed))
    assert owners(asked, pages(asked, "refunds")) == refunds
    assert asked.census("refunds", SINCE, UNTIL) == Count(3)


def test_a_shop_that_does_not_list_its_refunds_tells_of_them_with_their_orders(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    """Before 9.0: nothing waits for such a list, and nothing is concluded from it."""
    placed = sandbox.shop.place(["10.00"])
    refund = sandbox.shop.refund(placed, "1.00")
    no_route = sample("us_exclusive/errors/no_route_404")
    body = json.dumps(json.loads(no_route)["body"])
    sandbox.faults.order(FaultKind.ANSWER, times=None, label="refunds", status=404, body=body)
    asked = source(sandbox, clock)

    assert [page.is_last for page in pages(asked, "refunds")] == [True]
    assert asked.census("refunds", SINCE, UNTIL, with_ids=True) == Count(0)
    assert isinstance(asked.one("refund", str(refund)), Unknown)
    assert {one.name for page in pages(asked) for one in readings(asked, page)} == {
        (DocumentKind.ORDER, str(placed)),
        (DocumentKind.REFUND, str(refund)),
    }


def test_a_list_whose_rows_tell_no_instant_is_refused(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    body = '[{"id": 75, "date_created_gmt": "2026-06-01T01:00:00", "date_modified_gmt": null}]'
    asked = source(sandbox, clock)
    want = Want("orders", SINCE, UNTIL, b"", asked.survey())
    sandbox.faults.order(FaultKind.ANSWER, status=200, body=body, content_type="application/json")

    with pytest.raises(DocumentError) as refused:
        list(asked.pull(want))
    assert refused.value.code == "woocommerce.answer.fields"


def test_what_is_deleted_is_gone_and_what_is_in_the_bin_is_not(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    placed, binned = sandbox.shop.place(["10.00"]), sandbox.shop.place(["20.00"])
    refund = sandbox.shop.refund(placed, "1.00")
    sandbox.shop.set_status(binned, "trash")
    sandbox.shop.delete_refund(refund)
    sandbox.shop.delete(placed)
    asked = source(sandbox, clock)

    assert asked.one("order", str(placed)) == asked.one("refund", str(refund)) == Gone(clock.now())
    assert isinstance(asked.one("order", str(binned)), Page)
    assert isinstance(asked.one("payout", "1"), Unknown)
    assert isinstance(asked.one("order", "no number"), Unknown)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, '{"code": "rest_post_invalid_id", "message": "No.", "data": {"status": 404}}'),
        (200, "<html>Just a moment ...</html>"),
        (200, '{"id": "none"}'),
        (500, '{"code": "internal", "message": "No.", "data": 500}'),
        (503, "Busy"),
    ],
)
def test_what_is_no_answer_is_unknown(sandbox: WooCommerceSandbox, clock: StillClock, status: int, body: str) -> None:
    """Only WooCommerce's own word for a missing order says that it is gone."""
    placed = sandbox.shop.place(["10.00"])
    asked = source(sandbox, clock)
    sandbox.faults.order(FaultKind.ANSWER, times=2, status=status, body=body, content_type="application/json")

    assert isinstance(asked.one("order", str(placed)), Unknown)
    assert isinstance(asked.census("orders", SINCE, UNTIL), Unknown)


def test_a_refund_that_a_list_does_not_count_is_unknown(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    asked = source(sandbox, clock)
    sandbox.faults.order(FaultKind.ANSWER, status=200, body="[]", content_type="application/json")

    assert isinstance(asked.one("refund", "88"), Unknown)


def test_lists_that_do_not_say_how_long_they_are_are_not_counted(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    sandbox.shop.place(["10.00"])
    sandbox.faults.order(FaultKind.ANSWER, status=200, body="[]", content_type="application/json")

    assert source(sandbox, clock).census("orders", SINCE, UNTIL) == Unknown(
        "the shop does not say how long its lists are"
    )


@pytest.mark.parametrize(
    ("currency", "decimals", "amount", "total_minor", "rounding"),
    [
        ("JPY", 0, "1333", 14_66, 0),
        ("JPY", 2, "1333.30", 14_67, 0),
        ("KWD", 3, "13.458", 14_808, 0),
        ("KWD", 2, "13.458", 14_810, 2),
        ("USD", 0, "1333", 1466_00, 0),
        ("USD", 4, "13.458", 14_81, 0),
    ],
)
def test_a_shop_shows_more_or_fewer_decimals_than_its_currency_has(
    sandbox: WooCommerceSandbox,
    clock: StillClock,
    currency: str,
    decimals: int,
    amount: str,
    total_minor: int,
    rounding: int,
) -> None:
    """Three decimals are kept, none are made up, and what the shop rounds off its total is named."""
    sandbox.shop.set(currency=currency, decimals=decimals)
    sandbox.shop.refund(sandbox.shop.place([amount], tax="10"), line=0)
    asked = source(sandbox, clock)
    found = readings(asked, pages(asked)[0])

    assert [each.off_minor for each in found] == [0, 0]
    assert (found[0].start.total_minor, found[0].by_kind().get("rounding", 0)) == (total_minor, rounding)
    assert {each.start.currency for each in found} == {currency}


# What moves no date


def test_a_shop_of_posts_is_read_again_once_a_day_for_a_month(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    """An edit, and a fee that comes late, move no date there."""
    sandbox.shop.set(storage="posts")
    sandbox.clock.advance(-29 * 86_400)
    placed = sandbox.shop.place(["10.00"])
    sandbox.clock.advance(-2 * 86_400)
    sandbox.shop.place(["20.00"])
    sandbox.clock.advance(31 * 86_400)
    sandbox.shop.add(placed, "5.00")
    asked = source(sandbox, clock)

    assert owners(asked, pages(asked, "orders")) == []
    found = pages(asked, "edits")
    assert owners(asked, found) == [placed]
    (order,) = [each for each in readings(asked, found[0]) if each.start.kind is DocumentKind.ORDER]
    assert order.start.total_minor == 15_00
    before_midnight = Want("edits", SINCE + timedelta(hours=1), SINCE + timedelta(hours=23), b"", asked.survey())
    assert [page for page in asked.pull(before_midnight) if isinstance(page, Page) and page.body != b"[]"] == []


def test_a_shop_of_tables_is_only_asked_whether_it_is_one(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    sandbox.shop.place(["10.00"])
    asked = source(sandbox, clock)
    want = Want("edits", SINCE, UNTIL, b"", asked.survey())
    before = len(sandbox.requests.all())

    assert list(asked.pull(want)) == [Page(b"[]", UNTIL, is_last=True)]
    assert len(sandbox.requests.all()) == before + 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, '{"code": "woocommerce_rest_cannot_view", "message": "No.", "data": {"status": 403}}'),
        (404, '{"code": "rest_no_route", "message": "No.", "data": {"status": 404}}'),
        (200, '{"settings": {"HPOS_enabled": "perhaps"}}'),
        (200, "{}"),
    ],
)
def test_a_shop_that_does_not_say_how_it_keeps_orders_is_read_again(
    sandbox: WooCommerceSandbox, clock: StillClock, status: int, body: str
) -> None:
    placed = sandbox.shop.place(["10.00"])
    asked = source(sandbox, clock)
    want = Want("edits", SINCE, UNTIL, b"", asked.survey())
    sandbox.faults.order(FaultKind.ANSWER, status=status, body=body, content_type="application/json")

    assert owners(asked, [page for page in asked.pull(want) if isinstance(page, Page)]) == [placed]


def test_how_a_recorded_shop_keeps_its_orders_is_asked_as_it_answers(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    placed = sandbox.shop.place(["10.00"])
    asked = source(sandbox, clock)
    want = Want("edits", SINCE, UNTIL, b"", asked.survey())
    read_again = {}
    for shop in ("gb_inclusive", "us_exclusive"):
        body = json.dumps(json.loads(sample(f"{shop}/system_status"))["body"])
        sandbox.faults.order(FaultKind.ANSWER, status=200, body=body, content_type="application/json")
        read_again[shop] = owners(asked, [page for page in asked.pull(want) if isinstance(page, Page)])

    assert read_again == {"gb_inclusive": [placed], "us_exclusive": []}


# The shop itself


def test_the_survey_says_how_the_shop_is_set(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    sandbox.shop.set(currency="GBP", zone="Europe/London", prices_include_tax="yes", round_at_subtotal="yes")
    facts = source(sandbox, clock).survey()

    assert facts.account == "sandbox-shop.example"
    assert dict(facts.meaning) == {
        "currency": "GBP",
        "decimals": "2",
        "time zone": "Europe/London",
        "prices include tax": "yes",
        "rounding": "at subtotal",
    }


def test_another_shop_is_called_by_its_own_name(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    """The host then refuses it: the account is another one."""
    sandbox.shop.set(home="https://www.other.example/store/")

    assert source(sandbox, clock).survey().account == "other.example/store"


@pytest.mark.parametrize("permalinks", ["pretty", "plain"])
@pytest.mark.parametrize("path", ["", "/store"])
def test_a_shop_under_a_path_and_one_with_plain_permalinks_are_asked(
    sandbox: WooCommerceSandbox, clock: StillClock, path: str, permalinks: str
) -> None:
    """Keys are looked at only where the address holds ``wp-json/wc/``, so a parameter says it."""
    sandbox.shop.set(path=path, permalinks=permalinks)
    placed = sandbox.shop.place(["10.00"])

    asked = source(sandbox, clock)
    assert owners(asked, pages(asked)) == [placed]
    assert "cs_sandbox" not in str(sandbox.requests.all())


# Notices


@pytest.mark.parametrize(
    ("headers", "body", "named"),
    [
        ({"X-WC-Webhook-Resource": "order"}, b'{"id":107}', (("order", "107"),)),
        ({"x-wc-webhook-resource": "order"}, b'{"id":107,"status":"trash"}', (("order", "107"),)),
        ({"X-WC-Webhook-Resource": "product"}, b'{"id":107}', ()),
        ({}, b"webhook_id=1", ()),
        ({}, b'{"id":"107"}', ()),
    ],
)
def test_a_webhook_names_its_order(headers: dict[str, str], body: bytes, named: object) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    assert tuple((word.kind, word.external_id) for word in DOOR.read(lower, body)) == named


@pytest.mark.parametrize("name", ["order.updated_84", "order.deleted_107", "ping"])
def test_a_recorded_webhook_is_proven_by_its_secret_and_names_its_order(sandbox: WooCommerceSandbox, name: str) -> None:
    """The one that a shop sends when a webhook is made is not signed, and names nothing."""
    recorded = json.loads(sample(f"gb_inclusive/webhooks/{name}"))
    headers = {header.lower(): value for header, value in recorded["request"]["headers"]}
    body, signing = recorded["body_text"].encode(), DOOR.signing
    own = signing(settings(sandbox, webhook_secret=recorded.get("secret", "whsec_other")), CONNECTION)

    assert own.proves(headers, body) == (name != "ping")
    assert not signing(settings(sandbox, webhook_secret=""), CONNECTION).proves(headers, body)
    assert not signing(settings(sandbox), "another").proves(headers, body)
    about = [(word.kind, word.external_id) for word in DOOR.read(headers, body)]
    assert about == ([("order", name.partition("_")[2])] if name != "ping" else [])
    assert DOOR.is_greeting(headers, body) == (name == "ping")


def test_webhooks_are_told_as_the_shop_has_them(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    asked, address = source(sandbox, clock), "https://books.example/shop"
    facts = asked.survey()
    assert asked.subscriptions(facts) == ()
    for status in ("active", "paused", "disabled"):
        sandbox.shop.set_webhook(sandbox.shop.add_webhook("order.updated", address), status)
    assert asked.subscriptions(facts) == (
        Subscription("order.updated", address),
        Subscription("order.updated", address, Sending.PAUSED),
        Subscription("order.updated", address, Sending.DISABLED, "the shop gave up after deliveries that failed"),
    )


@pytest.mark.parametrize("many", [99, 100, 101])
def test_all_pages_of_webhooks_are_read(sandbox: WooCommerceSandbox, clock: StillClock, many: int) -> None:
    for number in range(many):
        sandbox.shop.add_webhook("order.updated", f"https://books.example/{number}")
    asked = source(sandbox, clock)
    assert len(asked.subscriptions(asked.survey())) == many


def test_the_published_list_of_webhooks_is_read(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    """As the REST API's documentation shows it."""
    shown = [
        {
            "id": 143,
            "name": "Customer created",
            "status": "active",
            "topic": "customer.created",
            "delivery_url": "http://a.example/1",
        },
        {
            "id": 142,
            "name": "Order updated",
            "status": "disabled",
            "topic": "order.updated",
            "delivery_url": "http://a.example/1",
        },
    ]
    asked = source(sandbox, clock)
    facts = asked.survey()
    sandbox.faults.order(FaultKind.ANSWER, status=200, body=json.dumps(shown))
    assert [(one.topic, one.state) for one in asked.subscriptions(facts)] == [
        ("customer.created", Sending.ACTIVE),
        ("order.updated", Sending.DISABLED),
    ]


def test_a_key_is_shown_nowhere(sandbox: WooCommerceSandbox) -> None:
    shown = repr(settings(sandbox))

    assert sandbox.shop.settings.key not in shown
    assert sandbox.shop.settings.secret not in shown
