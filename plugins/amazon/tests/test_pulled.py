"""A seller account that is asked: what comes of a window, what waits, what is nobody's, and what is never shown."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bridge.errors import BridgeError, ConfigError, UnavailableError
from bridge.model.budgets import Limit
from bridge.plugin import DocumentStart, FilePage, Gone, OwnerEnd, OwnerStart, Page, Unknown, Wait
from bridge.testing import KitClock
from bridge.testing.pulls import SINCE
from bridge.transport import Budget
from bridge_amazon.notices import DOOR
from bridge_amazon.operations import DOCUMENT, LIMITS
from bridge_amazon.pulled import AmazonPulled
from bridge_amazon.reports import Fetched
from bridge_amazon_sandbox import AmazonSandbox
from plugins.amazon.tests.pulling import app_settings, opened, settlement, source, window
from plugins.amazon.tests.report import DOTS, SAMPLES, Report, Row

FEE = Row(("other-transaction", "other-transaction", "Subscription Fee"), -3999, order="", marketplace="")


@pytest.fixture
def clock() -> KitClock:
    """Within the first day of June."""
    return KitClock(SINCE + timedelta(hours=6))


@pytest.fixture
def sandbox(clock: KitClock) -> Iterator[AmazonSandbox]:
    with opened(clock) as running:
        yield running


def names(answers: Sequence[object]) -> list[str]:
    """What came: reports by their id, and what ends it."""
    return [one.external_id if isinstance(one, FilePage) else type(one).__name__ for one in answers]


def ids(sandbox: AmazonSandbox, count: int, clock: KitClock) -> list[str]:
    """So many settlements, a minute apart."""
    found = []
    for number in range(count):
        found.append(sandbox.seller.settle(settlement(number % 9 + 1)))
        clock.advance(60)
    return found


def test_reports_come_in_the_turn_in_which_they_were_made(sandbox: AmazonSandbox, clock: KitClock) -> None:
    expected = ids(sandbox, 3, clock)
    sandbox.seller.settle(b"other\n", kind="GET_MERCHANT_LISTINGS_ALL_DATA")
    sandbox.seller.settle(b"", status="CANCELLED")
    clock.advance(86_400)
    sandbox.seller.settle(settlement(9))
    (*files, last) = window(source(sandbox, clock))

    assert names([*files, last]) == [*expected, "Page"]
    assert [(one.as_of, one.charset) for one in files if isinstance(one, FilePage)] == [
        (SINCE + timedelta(hours=6, minutes=number), "utf-8") for number in range(3)
    ]
    assert isinstance(last, Page)
    assert (last.body, last.is_last) == (b"[]", True)


def test_a_list_of_more_than_a_page_comes_whole(sandbox: AmazonSandbox, clock: KitClock) -> None:
    expected = ids(sandbox, 130, clock)
    asked = source(sandbox, clock)

    assert names(window(asked)) == [*expected, "Page"]
    assert sandbox.requests.count(label="getReports") == 2
    assert sandbox.requests.count(label="token") == 1


def test_a_spent_plan_is_a_wait_from_which_another_process_goes_on(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """F44."""
    expected = ids(sandbox, 4, clock)
    budget = Budget([Limit(DOCUMENT.name, 3, 180)], clock)
    first = window(source(sandbox, clock, spend=lambda what: budget.take(what, longest_wait=timedelta(0))))
    wait = first[-1]

    assert names(first) == [*expected[:3], "Wait"]
    assert isinstance(wait, Wait)
    assert timedelta(seconds=180) < wait.until - clock.now() < timedelta(seconds=200)
    assert clock.waits == []
    clock.advance((wait.until - clock.now()).total_seconds())
    assert names(window(source(sandbox, clock), wait.cursor)) == [expected[3], "Page"]


def test_what_amazon_itself_holds_back_is_a_wait_too(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """F44: other programs of the seller's may have spent what the plan allows."""
    ids(sandbox, 1, clock)
    sandbox.faults.order("throttle", label="getReportDocument")
    (wait,) = window(source(sandbox, clock))

    assert isinstance(wait, Wait)
    assert (wait.until - clock.now(), wait.cursor) == (timedelta(seconds=60), b"{}")


def test_the_declared_limits_are_within_amazons_buckets(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """F44: whoever keeps to them is never refused, and is no slower than the rate allows."""
    sandbox.seller.set(limits="on")
    budget = Budget(LIMITS, clock)
    asked, began_at = source(sandbox, clock, spend=budget.take), clock.now()
    (report,) = ids(sandbox, 1, clock)
    for _ in range(40):
        while not isinstance(_patiently(asked, report), FilePage):
            clock.advance(60)

    assert sandbox.requests.count(status=429) == 0
    assert clock.now() - began_at < timedelta(seconds=40 / 0.0167)


def _patiently(asked: AmazonPulled, report: str) -> object:
    try:
        return asked.one("report", report)
    except BridgeError as error:
        return error


def test_a_report_by_its_id(sandbox: AmazonSandbox, clock: KitClock) -> None:
    (done,) = ids(sandbox, 1, clock)
    moving = sandbox.seller.settle(settlement(2), status="IN_QUEUE")
    fatal = sandbox.seller.settle(settlement(3), status="FATAL")
    asked = source(sandbox, clock)

    assert isinstance(asked.one("report", done), FilePage)
    assert isinstance(asked.one("settlement", "1"), Unknown)
    assert asked.one("report", "404") == Gone(clock.now())
    for name, is_final in ((moving, False), (fatal, True)):
        page = asked.one("report", name)
        assert isinstance(page, Page)
        start, end = asked.read(asked.minimise(page), asked.survey())
        assert isinstance(start, OwnerStart)
        assert (start.external_id, end) == (name, OwnerEnd(is_final))
    clock.advance(91 * 86_400)
    assert isinstance(asked.one("report", done), Gone), "kept for 90 days"


def test_a_damaged_download_is_no_report(sandbox: AmazonSandbox, clock: KitClock) -> None:
    (report,) = ids(sandbox, 1, clock)
    for body in (gzip.compress(settlement(1))[:-9], b"no gzip"):
        sandbox.faults.order("answer", label="file", status=200, body=body.decode("latin-1"))
        with pytest.raises(UnavailableError):
            window(source(sandbox, clock))
        sandbox.faults.clear()
    assert names(window(source(sandbox, clock))) == [report, "Page"]


def test_an_address_is_good_for_five_minutes(sandbox: AmazonSandbox, clock: KitClock) -> None:
    ids(sandbox, 1, clock)
    asked = source(sandbox, clock)
    asked.survey()
    before_each = iter((0, 0, 0, 301))
    sandbox.vendor.on_answer = lambda: clock.advance(next(before_each, 0))

    with pytest.raises(UnavailableError, match="status 403"):
        window(asked)


def test_larger_than_is_read_is_refused_and_not_fetched_whole(sandbox: AmazonSandbox, clock: KitClock) -> None:
    rows = tuple(Row(minor=1, sku=f"{number:>040}") for number in range(20_000))
    for compression in ("gzip", "none"):
        sandbox.seller.set(compression=compression)
        sandbox.seller.settle(Report(rows=rows).text().encode())
        asked = source(sandbox, clock, max_file_megabytes=1)
        page = asked.one("report", max(sandbox.seller.reports))
        assert isinstance(page, FilePage)
        assert 1_000_000 < Path(page.path).stat().st_size < 20_000 * 300
        with pytest.raises(BridgeError) as refused:
            list(asked.read_file(_file(page)))
        assert refused.value.code == "amazon.file.too_large"


def _file(page: FilePage) -> Fetched:
    return Fetched(Path(page.path), page.charset)


def test_each_marketplace_is_for_the_connection_that_names_it(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """One authorisation lists the settlements of all; of one without a marketplace its currency tells."""
    sandbox.seller.set(marketplaces="amazon.co.uk,amazon.de,amazon.fr")
    gb = Row(marketplace="Amazon.co.uk")
    rode_along = Row(marketplace="Non-Amazon UK")
    files = {
        "gb": Report((FEE, rode_along, gb), currency="GBP", dates=DOTS, settlement_id="1"),
        "de": Report((Row(marketplace="Amazon.de"),), currency="EUR", dates=DOTS, mark=",", settlement_id="2"),
        "fr": Report((Row(marketplace="Amazon.fr"),), currency="EUR", dates=DOTS, mark=",", settlement_id="3"),
        "fees gb": Report((FEE,), currency="GBP", dates=DOTS, settlement_id="4"),
        "fees eur": Report((FEE,), currency="EUR", dates=DOTS, mark=",", settlement_id="5"),
    }
    known = {sandbox.seller.settle(file.text().encode()): name for name, file in files.items()}
    damaged = sandbox.seller.settle(b"damaged")
    known[damaged] = "damaged"

    def of(*marketplaces: str) -> list[str]:
        answers = window(source(sandbox, clock, marketplaces=marketplaces))
        return [known[name] for name in names(answers) if name in known]

    assert of("Amazon.co.uk") == ["gb", "fees gb", "damaged"]
    assert of("Amazon.de") == ["de", "fees eur", "damaged"]
    assert of("Amazon.de", "Amazon.fr", "amazon.co.uk") == list(known.values())
    assert of() == list(known.values())


def test_the_account_of_another_seller_is_told(sandbox: AmazonSandbox, clock: KitClock) -> None:
    with pytest.raises(ConfigError) as refused:
        source(sandbox, clock, marketplaces=("Amazon.de",)).survey()

    assert refused.value.code == "amazon.account"
    assert source(sandbox, clock, marketplaces=("amazon.com", "Amazon.de")).survey().grants == ("amazon.com",)


@pytest.mark.parametrize(
    ("secret", "authorized", "ends"),
    [
        (None, None, {}),
        (date(2026, 9, 1), None, {"secret": datetime(2026, 9, 1, tzinfo=UTC)}),
        (
            date(2026, 9, 1),
            date(2026, 8, 1),
            {"secret": datetime(2026, 9, 1, tzinfo=UTC), "authorisation": datetime(2026, 8, 1, tzinfo=UTC)},
        ),
    ],
)
def test_when_access_ends_is_what_was_set(
    sandbox: AmazonSandbox, clock: KitClock, secret: date | None, authorized: date | None, ends: dict[str, datetime]
) -> None:
    token = sandbox.seller.settings.refresh_token
    seller = {"region": "na", "refresh_token": token, "authorized_until": authorized}
    facts = source(sandbox, clock, secret_expires_on=secret, sellers={"kit": seller}).survey()

    assert {what.partition(" (")[0].split()[-1]: at for what, at in facts.access_ends} == ends
    assert (facts.account, facts.currency) == ("A1SANDBOX", "USD")


def test_amazons_examples_of_notices_are_read_alone_and_as_a_bus_hands_them_on() -> None:
    examples = json.loads((SAMPLES / "amzn-models/report_processing_finished.json").read_text("utf-8"))
    for example in examples:
        finished = example["payload"]["reportProcessingFinishedNotification"]
        assert DOOR.read({}, json.dumps(example).encode()) == (), "of no settlement"
        finished["reportType"] = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
        (word,) = DOOR.read({}, json.dumps(example).encode())
        assert (word.kind, word.external_id) == ("report", "54517018502")
        event = {"id": "e-1", "time": "2026-11-29T10:00:00Z", "detail-type": "REPORT_PROCESSING_FINISHED"}
        (handed_on,) = DOOR.read({}, json.dumps({**event, "detail": example}).encode())
        assert (handed_on.external_id, handed_on.mark) == ("54517018502", "e-1")


def test_no_secret_is_shown_anywhere(
    sandbox: AmazonSandbox,
    clock: KitClock,
    logs: Sequence[Mapping[str, object]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    ids(sandbox, 1, clock)
    asked = source(sandbox, clock)
    pages = window(asked)
    sandbox.faults.order("unavailable", label="file", times=None)
    with pytest.raises(UnavailableError) as refused:
        window(asked)
    out, err = capfd.readouterr()
    shown = f"{out}{err}{logs}{caplog.text}{refused.value}{pages}{app_settings(sandbox)!r}"

    assert "/files/" in shown, "calls are told"
    own = sandbox.seller.settings
    for secret in (own.refresh_token, own.client_secret, "Atza|", "X-Amz-Signature"):
        assert secret not in shown


def test_a_file_is_there_until_the_next_is_asked_for_and_goes_with_its_source(
    sandbox: AmazonSandbox, clock: KitClock
) -> None:
    ids(sandbox, 2, clock)
    asked = source(sandbox, clock)
    first = asked.one("report", min(sandbox.seller.reports))
    assert isinstance(first, FilePage)
    (start, *_) = asked.read_file(_file(first))
    assert isinstance(start, DocumentStart)
    folder = Path(first.path).parent
    asked.one("report", max(sandbox.seller.reports))
    assert [path.name for path in folder.iterdir()] == [f"report {max(sandbox.seller.reports)}.txt"]
    del asked
    assert not folder.exists()
