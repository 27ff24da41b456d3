"""What Amazon says when it does not answer: each an error with a stable code, and what to do; never an empty list."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from responses import matchers

from bridge.errors import BridgeError, ConfigError, Disposition, RateLimitedError, UnavailableError
from bridge.testing import Bench, StillClock
from bridge_amazon import operations
from bridge_amazon.client import Client
from bridge_amazon.offer import offer
from bridge_amazon.operations import LIMITS, REPORTS, Operation
from bridge_amazon.reports import listed
from bridge_amazon.settings import AmazonSettings, Region
from plugins.amazon.tests.report import SAMPLES

MODELS = SAMPLES / "amzn-models"
NA, TOKENS = "https://sellingpartnerapi-na.amazon.com", "https://api.amazon.com/auth/o2/token"
LIST = f"{NA}/reports/2021-06-30/reports"
BUCKET = "https://tortuga-prod-na.s3-external-1.amazonaws.com"
SIGNED = f"{BUCKET}/NinetyDays/one?X-Amz-Expires=300&X-Amz-Signature=5ec2e7"
SECRETS = ("Atzr|mine", "cs.mine", "Atza|given", "5ec2e7")
HTML = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
SINCE, UNTIL = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
PAIRS = [json.loads(line) for line in (MODELS / "sandbox_pairs.jsonl").read_text("utf-8").splitlines()]
OPERATIONS = {operation.name: operation for operation in operations.OPERATIONS}


class Spending:
    """Counts what is spent; refuses when it is told to."""

    def __init__(self) -> None:
        self.spent: list[str] = []
        self.is_over = False

    def __call__(self, what: str) -> None:
        if self.is_over:
            raise RateLimitedError("connection kit", retry_after_seconds=900)
        self.spent.append(what)


@pytest.fixture
def spending() -> Spending:
    return Spending()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def client(clock: StillClock, spending: Spending) -> Client:
    seller = {"region": "na", "refresh_token": SECRETS[0]}
    told = {"client_id": "app", "client_secret": SECRETS[1], "sellers": {"kit": seller}}
    app = AmazonSettings.model_validate(told)
    return Client(app, app.sellers["kit"], Bench(offer(), app=app, clock=clock, spend=spending))


@pytest.fixture
def amazon() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(TOKENS, json={"access_token": SECRETS[2], "token_type": "bearer", "expires_in": 3600})
        yield mock


def refused(client: Client, operation: Operation = REPORTS, **query: str) -> BridgeError:
    with pytest.raises(BridgeError) as raised:
        client.get(operation, "one" if "{id}" in operation.path else "", **query)
    assert not [secret for secret in SECRETS if secret in str(raised.value)]
    return raised.value


def test_a_token_is_asked_for_once_an_hour_and_shown_alone(
    amazon: responses.RequestsMock, client: Client, clock: StillClock
) -> None:
    amazon.get(LIST, json={"reports": []})
    for _ in range(2):
        client.get(REPORTS)
        clock.sleep(1_700)
    client.get(REPORTS)

    form, *_ = [call.request for call in amazon.calls if call.request.url == TOKENS]
    assert form.body == "grant_type=refresh_token&refresh_token=Atzr%7Cmine&client_id=app&client_secret=cs.mine"
    assert [call.request.url == TOKENS for call in amazon.calls] == [True, False, False, True, False]
    asked = amazon.calls[1].request
    assert (asked.headers["x-amz-access-token"], asked.headers["x-amz-date"]) == ("Atza|given", "20260701T120000Z")
    assert "Authorization" not in asked.headers


def test_a_token_that_is_not_let_in_any_more_is_asked_for_once_more(
    amazon: responses.RequestsMock, client: Client
) -> None:
    denied = {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}
    amazon.get(LIST, json=denied, status=403)
    amazon.get(LIST, json={"reports": []})

    assert client.get(REPORTS).body == b'{"reports": []}'
    amazon.replace(responses.GET, LIST, json=denied, status=403)
    error = refused(client)
    assert (error.code, error.disposition) == ("amazon.denied", Disposition.FIX)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "x"}, "amazon.refresh_token"),
        (401, {"error": "invalid_client", "error_description": "x"}, "amazon.client"),
        (400, {"error": "unauthorized_client"}, "amazon.client"),
        (200, {"error": "invalid_grant"}, "amazon.refresh_token"),
        (200, {"token_type": "bearer"}, "unavailable"),
        (200, "", "unavailable"),
        (503, HTML, "unavailable"),
        (400, {"error": "invalid_request"}, "unavailable"),
        (429, "", "rate_limited"),
    ],
)
def test_no_token_is_told_with_what_to_do(
    amazon: responses.RequestsMock, client: Client, status: int, body: object, code: str
) -> None:
    told: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"body": body}
    amazon.replace(responses.POST, TOKENS, status=status, **told)

    error = refused(client)
    assert error.code == code
    assert (error.disposition is Disposition.FIX) is isinstance(error, ConfigError)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (503, HTML, "unavailable"),
        (503, "", "unavailable"),
        (200, HTML, "unavailable"),
        (200, "", "unavailable"),
        (200, "[]", "unavailable"),
        (200, '{"errors": [{"code": "InternalFailure"}]}', "unavailable"),
        (200, '{"errors": [{"code": "QuotaExceeded"}]}', "rate_limited"),
        (500, '{"errors": [{"code": "InternalFailure"}]}', "unavailable"),
        (429, '{"errors": [{"code": "QuotaExceeded"}]}', "rate_limited"),
        (429, "", "rate_limited"),
        (429, HTML, "rate_limited"),
        (403, HTML, "unavailable"),
        (403, '{"errors": [{"code": "Unauthorized", "message": "Atza|given"}]}', "amazon.denied"),
        (400, '{"errors": [{"code": "InvalidInput", "message": "x"}]}', "amazon.refused"),
        (404, '{"errors": [{"code": "NotFound"}]}', "amazon.refused"),
    ],
)
def test_what_is_no_answer_is_an_error_and_never_an_empty_list(
    amazon: responses.RequestsMock, client: Client, status: int, body: str, code: str
) -> None:
    amazon.get(LIST, body=body, status=status)
    assert refused(client).code == code


@pytest.mark.parametrize(
    ("name", "told", "seconds"),
    [
        ("x-amzn-RequestId", "one", 46),
        ("x-amzn-RateLimit-Limit", "0.5", 2),
        ("x-amzn-RateLimit-Limit", "odd", 46),
        ("Retry-After", "7", 7),
    ],
)
def test_how_long_to_wait_is_told_by_the_answer_or_else_by_the_usage_plan(
    amazon: responses.RequestsMock, client: Client, name: str, told: str, seconds: int
) -> None:
    """F44."""
    amazon.get(LIST, body="", status=429, headers={name: told})
    error = refused(client)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == seconds


def test_a_plan_that_is_spent_is_told_before_anything_is_sent(
    amazon: responses.RequestsMock, client: Client, spending: Spending
) -> None:
    amazon.get(LIST, json={"reports": []})
    client.get(REPORTS)
    spending.is_over = True

    assert refused(client).code == "rate_limited"
    assert (spending.spent, len(amazon.calls)) == (["getReports"], 2)


def test_plans_are_those_of_amazons_models() -> None:
    plans = {one["operation"]: one for one in json.loads((MODELS / "usage_plans.json").read_text("utf-8"))}

    assert {limit.what for limit in LIMITS} == plans.keys() == OPERATIONS.keys()
    for name, operation in OPERATIONS.items():
        burst, rate = plans[name]["burst"], float(plans[name]["rate_per_s"])
        assert operation.burst == burst
        assert 0 <= operation.seconds - burst / rate < 1
        assert operation.path.replace("{id}", "{}") == plans[name]["path"].replace("{reportId}", "{}").replace(
            "{reportDocumentId}", "{}"
        )


def test_a_list_is_read_on_by_its_token_alone(amazon: responses.RequestsMock, client: Client) -> None:
    row = {
        "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        "processingStatus": "DONE",
        "reportDocumentId": "d",
    }
    rows = [{**row, "reportId": name, "createdTime": f"2026-06-0{name}T10:00:00.000Z"} for name in "4321"]
    first = {
        "reportTypes": row["reportType"],
        "createdSince": "2026-06-01T00:00:00Z",
        "createdUntil": "2026-07-01T00:00:01Z",
        "pageSize": "100",
    }
    amazon.get(LIST, match=[matchers.query_param_matcher(first)], json={"reports": rows[:2], "nextToken": "t/1+2="})
    onward = [matchers.query_param_matcher({"nextToken": "t/1+2="})]
    stray = {**rows[0], "reportId": "9", "createdTime": "2026-07-01T00:00:00.500Z"}
    amazon.get(LIST, match=onward, json={"reports": [*rows[1:], stray], "nextToken": ""})

    found = listed(client, SINCE, UNTIL, UNTIL)

    assert [report.report_id for report in found.reports] == ["1", "2", "3", "4"]


def test_a_report_is_fetched_in_parts_without_the_apis_headers(amazon: responses.RequestsMock, client: Client) -> None:
    content = bytes(range(256)) * 4

    def part(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        begin = int(request.headers["Range"].removeprefix("bytes=").partition("-")[0])
        end = min(begin + 400, len(content))
        headers = {
            "Content-Range": f"bytes {begin}-{end - 1}/{len(content)}",
            "Content-Type": "text/plain;charset=Cp1252",
        }
        return 206, headers, content[begin:end]

    amazon.add_callback(responses.GET, SIGNED, part)
    into = io.BytesIO()

    assert (client.download(SIGNED, into, 10**6), into.getvalue()) == ("cp1252", content)
    assert len(amazon.calls) == 3
    assert not [name for call in amazon.calls for name in call.request.headers if name.lower().startswith("x-amz")]


@pytest.mark.parametrize(("status", "body"), [(403, "<Error><Code>AccessDenied</Code></Error>"), (503, ""), (404, "")])
def test_an_address_that_is_not_good_any_more_is_told_without_it(
    amazon: responses.RequestsMock, client: Client, capsys: pytest.CaptureFixture[str], status: int, body: str
) -> None:
    amazon.get(SIGNED, status=status, body=body)

    with pytest.raises(UnavailableError) as refused:
        client.download(SIGNED, io.BytesIO(), 10**6)
    assert "X-Amz" not in str(refused.value) + "".join(capsys.readouterr())


def test_an_empty_file_comes_empty(amazon: responses.RequestsMock, client: Client) -> None:
    amazon.get(SIGNED, status=416)
    into = io.BytesIO()

    assert (client.download(SIGNED, into, 10**6), into.getvalue()) == ("", b"")


@pytest.mark.parametrize("url", ["https://elsewhere.example/x?X-Amz-Signature=5ec2e7", "nonsense"])
def test_nothing_is_fetched_from_elsewhere(amazon: responses.RequestsMock, client: Client, url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        client.download(url, io.BytesIO(), 10**6)
    assert refused.value.code == "amazon.document_host"
    assert "5ec2e7" not in str(refused.value)
    assert not amazon.calls


@pytest.mark.parametrize("region", Region)
def test_each_region_is_asked_at_its_own_address(
    amazon: responses.RequestsMock, clock: StillClock, region: Region
) -> None:
    seller = {"region": region, "refresh_token": "Atzr|mine"}
    app = AmazonSettings.model_validate({"client_id": "app", "client_secret": "cs", "sellers": {"kit": seller}})
    amazon.get(f"https://sellingpartnerapi-{region}.amazon.com{REPORTS.path}", json={"reports": []})

    Client(app, app.sellers["kit"], Bench(offer(), app=app, clock=clock)).get(REPORTS)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['operation']}-{pair['status']}")
def test_amazons_own_pairs_are_read(amazon: responses.RequestsMock, client: Client, pair: dict[str, Any]) -> None:
    """The requests and answers of Amazon's static sandbox."""
    operation = OPERATIONS[pair["operation"]]
    told = {name: one["value"] for name, one in pair["request"]["parameters"].items()}
    identifier = next((value for name, value in told.items() if f"{{{name}}}" in pair["path"]), "")
    asked = {name: value for name, value in told.items() if f"{{{name}}}" not in pair["path"]}
    query = {name: ",".join(value) if isinstance(value, list) else value for name, value in asked.items()}
    url = f"{NA}{operation.path.format(id=identifier)}"
    amazon.get(url, match=[matchers.query_param_matcher(query)], json=pair["response"], status=pair["status"])

    if pair["status"] == 200:
        assert json.loads(client.get(operation, identifier, **query).body) == pair["response"]
        return
    with pytest.raises(BridgeError) as refused:
        client.get(operation, identifier, **query)
    assert refused.value.code == "amazon.refused"
    assert f"status {pair['status']}, {pair['response']['errors'][0]['code']}" in str(refused.value)
