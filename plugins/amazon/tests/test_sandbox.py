"""The fake answers as Amazon's own pairs do, keeps to its plans, and keeps what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox import BadRequestError
from bridge.testing import StillClock
from bridge_amazon_sandbox import AmazonSandbox, create_sandbox
from plugins.amazon.tests.pulling import opened, settlement
from plugins.amazon.tests.report import SAMPLES

TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
LIST = f"reports/2021-06-30/reports?reportTypes={TYPE}"
FINANCES, JUNE = "finances/2024-06-19", "postedAfter=2026-06-10T00:00:00Z&postedBefore=2026-06-20T00:00:00Z"
OF_SETTLEMENT = "relatedIdentifierName=SETTLEMENT_ID&relatedIdentifierValue"
LISTED = ("reports", "transactions", "balances", "summaries", "payouts")
PAIRS = [json.loads(line) for line in (SAMPLES / "amzn-models/sandbox_pairs.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def sandbox(clock: StillClock) -> Iterator[AmazonSandbox]:
    with opened(clock, limits="on") as running:
        yield running


def token(sandbox: AmazonSandbox, **form: str) -> requests.Response:
    own = sandbox.seller.settings
    told = {
        "grant_type": "refresh_token",
        "refresh_token": own.refresh_token,
        "client_id": own.client_id,
        "client_secret": own.client_secret,
        **form,
    }
    return requests.post(f"{sandbox.base_url}/auth/o2/token", data=told, timeout=60)


def ask(sandbox: AmazonSandbox, path: str, shown: str | None = None) -> requests.Response:
    access = token(sandbox).json()["access_token"] if shown is None else shown
    headers = {"x-amz-access-token": access} if access else {}
    return requests.get(f"{sandbox.base_url}/{path}", headers=headers, timeout=60)


def tell(sandbox: AmazonSandbox, door: str, content: bytes | Mapping[str, object]) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return requests.post(f"{sandbox.base_url}/_sandbox/{door}", data=body, timeout=60).json()


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"refresh_token": "Atzr|other"}, 400, "invalid_grant"),
        ({"client_secret": "other"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_no_token_is_given_for_what_is_not_known(
    sandbox: AmazonSandbox, form: dict[str, str], status: int, error: str
) -> None:
    answer = token(sandbox, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_an_access_token_ends_and_the_refresh_token_stays(sandbox: AmazonSandbox, clock: StillClock) -> None:
    given = token(sandbox).json()
    assert (given["token_type"], given["expires_in"]) == ("bearer", 3600)
    assert given["refresh_token"] == sandbox.seller.settings.refresh_token
    assert ask(sandbox, LIST, given["access_token"]).status_code == 200

    clock.sleep(3_601)
    for shown in (given["access_token"], ""):
        refused = ask(sandbox, LIST, shown)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "Unauthorized")
    sandbox.vendor.revoke_tokens()
    assert ask(sandbox, LIST).status_code == 200


def innermost(answer: Any) -> Any:
    """The first thing of a list, or all of an answer that is none."""
    inside = answer.get("payload", answer)
    lists = [one for name in LISTED if isinstance(inside, dict) and (one := inside.get(name))]
    return lists[0][0] if lists else answer


def test_answers_have_the_fields_of_amazons_own(sandbox: AmazonSandbox, clock: StillClock) -> None:
    clock.sleep(-20 * 86_400)
    sandbox.seller.sell("10.00", days=30)
    clock.sleep(20 * 86_400)
    report = sandbox.seller.settle(settlement(1))
    answers = {
        "getReports": ask(sandbox, LIST),
        "getReport": ask(sandbox, f"reports/2021-06-30/reports/{report}"),
        "getReportDocument": ask(sandbox, f"reports/2021-06-30/documents/{sandbox.seller.reports[report].document}"),
        "getMarketplaceParticipations": ask(sandbox, "sellers/v1/marketplaceParticipations"),
        "listTransactions": ask(sandbox, f"{FINANCES}/transactions?{JUNE}&transactionStatus=DEFERRED"),
        "listBalances": ask(sandbox, f"{FINANCES}/balances"),
        "asOfDate": ask(sandbox, f"{FINANCES}/balances?asOfDate=2026-06-30"),
        "listSummary": ask(sandbox, f"{FINANCES}/summary?{OF_SETTLEMENT}=28500000011"),
        "listPayouts": ask(sandbox, "finances/transfers/2024-06-01/payouts"),
    }
    for pair in PAIRS:
        if pair["status"] != 200:
            continue
        name = "asOfDate" if "asOfDate" in pair["request"]["parameters"] else pair["operation"]
        told, own = (innermost(answer) for answer in (answers[name].json(), pair["response"]))
        assert own.keys() <= told.keys(), name


@pytest.mark.parametrize(
    "query",
    [
        "",
        "reportTypes=A&pageSize=101",
        "reportTypes=A&createdSince=yesterday",
        "reportTypes=A&createdSince=2020-01-01T00:00:00Z",
        "nextToken=odd",
        "reportTypes=A&colour=red",
    ],
)
def test_what_cannot_be_meant_is_refused_as_by_amazon(sandbox: AmazonSandbox, query: str) -> None:
    refused = ask(sandbox, f"reports/2021-06-30/reports?{query}")
    own = next(pair for pair in PAIRS if pair["operation"] == "getReports" and pair["status"] == 400)["response"]

    assert refused.status_code == 400
    assert refused.json()["errors"][0].keys() == own["errors"][0].keys()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("transactions", 400, "InvalidInput"),
        ("transactions?postedAfter=2026-06-10T00:00:00Z&postedBefore=2026-07-01T11:59:00Z", 400, "InvalidInput"),
        ("transactions?postedAfter=2026-06-10T00:00:00Z&transactionStatus=HELD", 400, "InvalidInput"),
        ("transactions?postedAfter=2026-06-10T00:00:00Z&nextToken=odd", 400, "InvalidInput"),
        ("transactions?postedAfter=2026-05-10T00:00:00Z", 500, "InternalFailure"),
        ("balances?marketplaceIds=A1", 400, "InvalidInput"),
        ("balances?asOfDate=yesterday", 400, "InvalidInput"),
        ("summary", 400, "InvalidInput"),
    ],
)
def test_finances_refuse_what_cannot_be_meant(sandbox: AmazonSandbox, path: str, status: int, code: str) -> None:
    refused = ask(sandbox, f"{FINANCES}/{path}")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (status, code)


def test_a_transaction_is_listed_as_it_stands(sandbox: AmazonSandbox, clock: StillClock) -> None:
    """What is deferred comes only to whoever asks for it; half a year at once is empty; all arguments go along."""
    clock.sleep(-20 * 86_400)
    for days in (3, 30, 30, 0):
        sandbox.seller.sell("10.00", days=days)
    clock.sleep(20 * 86_400)
    sandbox.seller.set(page="1", limits="off")

    def listed(**query: str) -> list[str]:
        span = {"postedAfter": "2026-06-10T00:00:00Z", "postedBefore": "2026-06-20T00:00:00Z", **query}
        found, onward = list[str](), {"nextToken": ""}
        while "nextToken" in onward:
            more = onward if onward["nextToken"] else {}
            path = "&".join(f"{name}={value}" for name, value in {**span, **more}.items())
            payload = ask(sandbox, f"{FINANCES}/transactions?{path}").json()["payload"]
            found += [one["transactionId"] for one in payload["transactions"]]
            onward = {name: value for name, value in payload.items() if name == "nextToken"}
        return found

    assert listed() == listed(transactionStatus="RELEASED") == ["txn-00000004"]
    assert listed(transactionStatus="DEFERRED") == ["txn-00000002", "txn-00000003"]
    assert listed(transactionStatus="DEFERRED_RELEASED") == ["txn-00000001"]
    assert listed(transactionStatus="DEFERRED", postedAfter="2025-06-10T00:00:00Z") == []
    first = ask(sandbox, f"{FINANCES}/transactions?{JUNE}&transactionStatus=DEFERRED").json()["payload"]
    assert ask(sandbox, f"{FINANCES}/transactions?nextToken={first['nextToken']}").status_code == 400


def test_a_next_token_stands_alone(sandbox: AmazonSandbox) -> None:
    for number in range(3):
        sandbox.seller.settle(settlement(number + 1))
    first = ask(sandbox, f"{LIST}&pageSize=2").json()
    assert len(first["reports"]) == 2
    onward = {"nextToken": first["nextToken"]}
    access = {"x-amz-access-token": token(sandbox).json()["access_token"]}
    url = f"{sandbox.base_url}/reports/2021-06-30/reports"

    last = requests.get(url, params=onward, headers=access, timeout=60)
    assert (len(last.json()["reports"]), "nextToken" in last.json()) == (1, False)
    assert requests.get(url, params={**onward, "reportTypes": TYPE}, headers=access, timeout=60).status_code == 400


def test_a_plan_is_a_bucket_that_fills_up_again(sandbox: AmazonSandbox, clock: StillClock) -> None:
    access = token(sandbox).json()["access_token"]
    assert [ask(sandbox, LIST, access).status_code for _ in range(11)] == [200] * 10 + [429]
    refused = ask(sandbox, LIST, access)
    assert refused.json()["errors"][0]["code"] == "QuotaExceeded"
    assert refused.headers["x-amzn-RateLimit-Limit"] == "0.0222"

    clock.sleep(46)
    assert [ask(sandbox, LIST, access).status_code for _ in range(2)] == [200, 429]


def test_a_signed_address_minds_what_is_shown_beside_it(sandbox: AmazonSandbox, clock: StillClock) -> None:
    sandbox.seller.set(compression="none")
    document = sandbox.seller.reports[sandbox.seller.settle(b"0123456789")].document
    url = ask(sandbox, f"reports/2021-06-30/documents/{document}").json()["url"]

    def fetch(**headers: str) -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.get(url, headers=named, timeout=60)
        return answer.status_code, answer.content if answer.status_code < 300 else b""

    assert fetch() == (200, b"0123456789")
    assert fetch(Range="bytes=2-4") == (206, b"234")
    assert fetch(Range="bytes=8-99") == (206, b"89")
    assert fetch(Range="bytes=10-") == (416, b"")
    assert fetch(x_amz_access_token="Atza|one") == fetch(Authorization="Bearer x") == (403, b"")
    clock.sleep(300)
    assert fetch() == (403, b"")


def test_people_put_files_in_and_say_what_becomes_of_reports(sandbox: AmazonSandbox, clock: StillClock) -> None:
    first = tell(sandbox, "settlements", settlement(1))["report"]
    second = tell(sandbox, "settlements?status=IN_PROGRESS", settlement(2))["report"]
    third = tell(sandbox, "seller", {"op": "again", "report": first})["id"]
    tell(sandbox, "seller", {"op": "finish", "report": second})
    tell(sandbox, f"settlements/{first}", settlement(3))
    tell(sandbox, "seller", {"op": "remove", "report": third})
    listed = requests.get(f"{sandbox.base_url}/_sandbox/settlements", timeout=60).json()["reports"]

    assert {one["id"]: one["status"] for one in listed} == {first: "DONE", second: "DONE"}
    assert tell(sandbox, "settings", {"marketplaces": "amazon.de"})["settings"]["marketplaces"] == "amazon.de"
    assert "no marketplace" in tell(sandbox, "settings", {"marketplaces": "amazon.example"})["error"]
    assert "op must be one of" in tell(sandbox, "seller", {"op": "lose"})["error"]
    sold = tell(sandbox, "seller", {"op": "sell", "price": "10.00", "days": 0})["id"]
    tell(sandbox, "seller", {"op": "close"})
    assert sandbox.seller.sales[sold].settlement
    assert "there is no transaction" in tell(sandbox, "seller", {"op": "hide", "sale": "1"})["error"]
    assert "no marketplace" in tell(sandbox, "seller", {"op": "sell", "price": "1", "marketplace": "x"})["error"]
    assert "there is no report" in tell(sandbox, "seller", {"op": "again", "report": "1"})["error"]


def test_it_is_as_it_was_when_it_starts_again(tmp_path: Path) -> None:
    path, options = tmp_path / "amazon.db", {"marketplaces": "amazon.co.uk"}
    with create_sandbox(data=path, options=options) as first:
        report = first.seller.settle(settlement(1))
        gone = first.seller.settle(settlement(2))
        first.seller.remove(gone)
        first.seller.set(limits="off")
        sold = first.seller.sell("10.00")
        first.seller.hide(sold)
        first.seller.fail_payout("28500000011")
        kept = first.seller.reports, first.seller.files, first.seller.settings
    with create_sandbox(data=path, options={}) as second:
        assert "amazon.co.uk" in second.summary()
        assert (second.seller.reports, second.seller.files[kept[0][report].document]) == (kept[0], settlement(1))
        assert second.seller.settings == kept[2]
        assert (second.seller.sales[sold].is_hidden, second.seller.failed) == (True, {"28500000011"})
        assert second.seller.settle(settlement(3)) not in {report, gone}


@pytest.mark.parametrize("options", [{"colour": "red"}, {"limits": "maybe"}, {"token_seconds": "soon"}])
def test_an_option_that_cannot_be_meant_is_named(options: dict[str, str]) -> None:
    with pytest.raises(BadRequestError):
        create_sandbox(options=options)
