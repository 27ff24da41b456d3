"""The faults of python-quickbooks 0.9.12 that we know of, each with the proof that it does not reach us.

Source: the package's own code and its issue tracker (ej2/python-quickbooks), read 2026-11.
"""

import ast
import inspect
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import structlog
from quickbooks import QuickBooks
from quickbooks.objects.salesreceipt import SalesReceipt

import bridge_quickbooks
from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConflictError,
    InDoubtError,
    InvariantError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge.model.entries import JournalEntry
from bridge.plugin import OpenDocument, Parcel
from bridge.transport import HostSession, encode
from bridge_quickbooks.batches import batch_body, request_id
from bridge_quickbooks.client import Client
from bridge_quickbooks.parse import ledger_copy
from bridge_quickbooks.render import render
from bridge_quickbooks.settings import QuickBooksSettings
from bridge_quickbooks.sink import CAPABILITIES, QuickBooksSink
from bridge_quickbooks_sandbox.schema import load_schema
from bridge_quickbooks_sandbox.wire import decode
from plugins.quickbooks.tests.company import (
    PatientClock,
    SinkContext,
    american_order,
    american_refund,
    british_day,
    british_fees,
    british_order,
    credited,
    payout_entry,
    two_ways,
)
from plugins.quickbooks.tests.test_receipts import planned, planned_all

API = "https://quickbooks.api.intuit.com"
HERE = f"{API}/v3/company/123"
OURS = [american_order, american_refund, british_order, british_day, british_fees, payout_entry]
KINDS = ["SalesReceipt", "RefundReceipt", "JournalEntry", "Transfer"]


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """No level that an earlier test in this process has set."""
    structlog.reset_defaults()


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked


def client(realm: str = "123") -> Client:
    session = HostSession(frozenset({"quickbooks.api.intuit.com"}), PatientClock(), lambda: f"token-of-{realm}")
    return Client(session, api_url=API, realm=realm, clock=PatientClock())


def create(kind: str = "JournalEntry", body: bytes = b"{}") -> Any:
    return client().create(kind, body, request_id="brk_a-0", thing=f"{kind} A")


def fault(code: str, *more: str) -> dict[str, Any]:
    errors = [{"Message": "m", "Detail": "d", "code": each} for each in (code, *more)]
    return {"Fault": {"Error": errors, "type": "ValidationFault"}}


# Signing in and being let in


def test_no_discovery_document_is_fetched_when_a_client_is_made(net: responses.RequestsMock) -> None:
    """`AuthClient(...)` asks the network in its constructor; our sink asks nobody before its first call."""
    QuickBooksSink(SinkContext(QuickBooksSettings(), "token"))

    assert len(net.calls) == 0


def test_no_token_is_refreshed_by_the_library_and_none_is_kept_by_it(net: responses.RequestsMock) -> None:
    """#392, #397, F42: without an access token it refreshes at construction, and keeps the new one to itself."""
    tokens = iter(("first", "second"))
    session = HostSession(frozenset({"quickbooks.api.intuit.com"}), PatientClock(), lambda: next(tokens))
    net.get(f"{HERE}/transfer/7", json={"Transfer": {"Id": "7"}})
    ours = Client(session, api_url=API, realm="123", clock=PatientClock())

    ours.read("Transfer", "7")
    ours.read("Transfer", "7")

    assert [call.request.headers["Authorization"] for call in net.calls] == ["Bearer first", "Bearer second"]


def test_a_stand_in_address_is_used_for_everything_and_never_production(net: responses.RequestsMock) -> None:
    """Given a URL as its environment, the library signs in there and writes to production."""
    net.post("http://127.0.0.1:9/v3/company/9130000000000001/query", json={"QueryResponse": {}})
    sink = QuickBooksSink(SinkContext(QuickBooksSettings(base_url="http://127.0.0.1:9"), "token"))

    with pytest.raises(UnavailableError):
        sink.facts()

    assert {call.request.url.split("/v3")[0] for call in net.calls if call.request.url} == {"http://127.0.0.1:9"}


def test_plain_http_on_this_machine_needs_no_switch_that_weakens_all_of_oauth(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OAuth2Session` wants OAUTHLIB_INSECURE_TRANSPORT for http; every test of the sink runs without it."""
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    with responses.RequestsMock() as net:
        net.get("http://127.0.0.1:9/v3/company/1/transfer/7", json={"Transfer": {"Id": "7"}})
        session = HostSession(frozenset({"127.0.0.1"}), PatientClock(), lambda: "token")
        ours = Client(session, api_url="http://127.0.0.1:9", realm="1", clock=PatientClock())

        assert ours.read("Transfer", "7") == {"Id": "7"}


def test_a_token_that_ran_out_is_told_and_not_tried_again(net: responses.RequestsMock) -> None:
    """It does not renew on 401, and says so with a code that no other fault has; the host renews."""
    net.post(f"{HERE}/journalentry", status=401, body="")

    with pytest.raises(AuthorizationError):
        create()

    assert len(net.calls) == 1


def test_every_call_names_the_company_it_is_for(net: responses.RequestsMock) -> None:
    """A method that was not given its client silently builds an empty one, with no company."""
    net.post(f"{HERE}/query", json={"QueryResponse": {}})
    net.get(f"{HERE}/transfer/7", json={"Transfer": {"Id": "7"}})
    net.post(f"{HERE}/transfer", json={"Transfer": {"Id": "7"}})
    ours = client()

    ours.all("Account")
    ours.matching("Customer", "DisplayName", "Sales channels")
    ours.numbered("JournalEntry", ["A"])
    list(ours.dated("Deposit", date(2026, 7, 1), date(2026, 7, 31)))
    ours.with_ids("Transfer", ["7"])
    ours.read("Transfer", "7")
    create("Transfer")
    net.post(f"{HERE}/batch", json={"BatchItemResponse": []})
    ours.create_batch(b"{}", request_id="btc_a", thing="a batch of 2")

    assert len(net.calls) == 8
    assert all("/company/123/" in str(call.request.url) for call in net.calls)


# What leaves


def test_only_its_address_book_and_its_clauses_are_used() -> None:
    """Its models share `class_dict` among all batches, die of a null reference, and hand lines back as they came.

    So neither they nor its batches, change feeds, voids and webhooks are imported anywhere.
    """
    used = set()
    for path in Path(inspect.getfile(bridge_quickbooks)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {
                "quickbooks",
                "intuitlib",
            }:
                used |= {f"{node.module}.{name.name}" for name in node.names}
            elif isinstance(node, ast.Import):
                used |= {name.name for name in node.names if name.name.startswith(("quickbooks", "intuitlib"))}

    assert used == {
        "quickbooks.QuickBooks",
        "quickbooks.utils.build_choose_clause",
        "quickbooks.utils.build_where_clause",
    }


@pytest.mark.parametrize("make", OURS)
def test_no_field_that_nobody_set_is_sent_along(make: Any, net: responses.RequestsMock) -> None:
    """It adds `ExchangeRate` 1 (0 in a credit memo), `TotalAmt` 0, `SyncToken` 0, `TaxAmount` 0, empty dates."""
    voucher = planned(make())
    net.post(f"{HERE}/{voucher.type.lower()}", json={voucher.type: {"Id": "1"}})

    create(voucher.type, render(voucher))

    sent = net.calls[0].request.body
    assert sent == render(voucher)
    assert isinstance(sent, bytes)
    for unasked in (b"ExchangeRate", b"TotalAmt", b"SyncToken", b"DueDate", b"sparse", b'""', b'"Id"'):
        assert unasked not in sent


@pytest.mark.parametrize("make", OURS)
def test_nothing_of_a_body_has_to_be_forgiven_as_much_of_the_librarys_has(make: Any) -> None:
    """Its untouched `SalesReceipt` has empty text for dates and amounts; the schema takes all of ours as it stands."""
    voucher = planned(make())
    ours, theirs = decode(render(voucher)), decode(SalesReceipt().to_json().encode())

    assert _keys(load_schema().read(voucher.type, ours)) == _keys(ours)
    assert len(_keys(load_schema().read("SalesReceipt", theirs))) < len(_keys(theirs))


def _keys(value: Any) -> list[str]:
    """Every key in a body, as often as it stands there."""
    if isinstance(value, list):
        return sorted(key for item in value for key in _keys(item))
    return sorted([*value, *(key for item in value.values() for key in _keys(item))]) if isinstance(value, dict) else []


@pytest.mark.parametrize("make", [american_order, american_refund, payout_entry])
def test_global_tax_calculation_is_said_only_where_it_was_decided(make: Any) -> None:
    """It says "TaxExcluded" on every object by default, and "Sales" on every journal line."""
    assert b"GlobalTaxCalculation" not in render(planned(make()))
    assert b"TaxApplicableOn" not in render(planned(make()))


def test_money_leaves_as_exact_numbers() -> None:
    """#356, F29: it writes a decimal as text, and a float as whatever Python prints."""
    assert encode({"Amount": Decimal("12345678901234567.89")}) == b'{"Amount":12345678901234567.89}'
    with pytest.raises(TypeError):
        encode({"Amount": 0.1})  # type: ignore[dict-item]


@pytest.mark.parametrize("kind", KINDS)
def test_every_write_carries_its_request_id(kind: str, net: responses.RequestsMock) -> None:
    """F01: `void`, `batch_operation` and `misc_operation` have no place for one; only creates are used."""
    net.post(f"{HERE}/{kind.lower()}", json={kind: {"Id": "1"}})

    create(kind)

    assert net.calls[0].request.params["requestid"] == "brk_a-0"  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
def test_what_we_write_is_in_its_list_of_objects(kind: str) -> None:
    """`create_object` dies of a bare `Exception` for a name that is not in it."""
    api: Any = QuickBooks(company_id="1", minorversion=75)

    assert api.isvalid_object_name(kind)
    assert kind in CAPABILITIES.types


def test_the_minor_version_is_named_so_that_no_warning_and_no_default_is_met(net: responses.RequestsMock) -> None:
    net.get(f"{HERE}/transfer/7", json={"Transfer": {"Id": "7"}})

    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        client().read("Transfer", "7")

    assert net.calls[0].request.params == {"minorversion": "75"}  # type: ignore[attr-defined]


def test_a_batch_is_ours_with_its_request_id_and_short_ids_of_its_items(net: responses.RequestsMock) -> None:
    """Its ids are 36 long where 10 are allowed beside a request id; it sends none; and its items share one dict."""
    net.post(f"{HERE}/batch", json={"BatchItemResponse": []})
    parcels = [Parcel(planned(made), f"{made.slot.group}-0") for made in (payout_entry(), american_order())]

    client().create_batch(
        batch_body([(one.voucher.type, render(one.voucher)) for one in parcels]),
        request_id=request_id([one.header_key for one in parcels]),
        thing="a batch of 2",
    )

    sent = net.calls[0].request
    assert sent.body == b'{"BatchItemRequest":[%b,%b]}' % tuple(
        b'{"bId":"%d","operation":"create","%b":%b}' % (place, one.voucher.type.encode(), render(one.voucher))
        for place, one in enumerate(parcels)
    )
    assert sent.params["minorversion"] == "75"  # type: ignore[attr-defined]
    assert len(sent.params["requestid"]) <= 36  # type: ignore[attr-defined]
    assert sent.headers["Content-Type"] == "application/json"


def test_no_deposit_is_written() -> None:
    """#329, #391: its `DepositLine` always has a `DetailType`, so that a linked payment is refused."""
    assert "Deposit" not in CAPABILITIES.types


def test_a_call_does_not_wait_for_ever(net: responses.RequestsMock) -> None:
    """It sets no time-out."""
    net.get(f"{HERE}/transfer/7", json={"Transfer": {"Id": "7"}})

    client().read("Transfer", "7")

    waits = net.calls[0].request.req_kwargs["timeout"]  # type: ignore[attr-defined]
    assert all(seconds and seconds <= 120 for seconds in (waits if isinstance(waits, tuple) else (waits,)))


@pytest.mark.parametrize("value", ["x\\", "x\\' OR Id = '1", "\\"])
def test_a_backslash_never_enters_a_query(value: str, net: responses.RequestsMock) -> None:
    """`filter` escapes a quote, but not the backslash before it, which then swallows the escape."""
    asks: tuple[Callable[[], object], ...] = (
        lambda: client().matching("Customer", "DisplayName", value),
        lambda: client().numbered("JournalEntry", [value]),
        lambda: client().with_ids("JournalEntry", [value]),
    )
    for ask in asks:
        with pytest.raises(InvariantError):
            ask()

    assert len(net.calls) == 0


def test_a_quote_in_a_name_is_escaped_and_closes_nothing(net: responses.RequestsMock) -> None:
    net.post(f"{HERE}/query", json={"QueryResponse": {}})

    client().matching("Customer", "DisplayName", "O'Neil' OR Active = 'true")

    assert b"WHERE DisplayName = 'O\\'Neil\\' OR Active = \\'true' ORDERBY" in net.calls[0].request.body  # type: ignore[operator]


def test_changes_are_asked_for_by_book_date_and_not_by_an_instant_without_a_zone(net: responses.RequestsMock) -> None:
    """Its change feed writes `changedSince` without a time zone; a week is read by days, which have none."""
    net.post(f"{HERE}/query", json={"QueryResponse": {}})

    list(client().dated("SalesReceipt", date(2026, 7, 1), date(2026, 7, 31)))

    assert b"TxnDate >= '2026-07-01' AND TxnDate <= '2026-07-31'" in net.calls[0].request.body  # type: ignore[operator]
    assert "cdc" not in str(net.calls[0].request.url)


def test_a_list_longer_than_a_hundred_is_read_whole(net: responses.RequestsMock) -> None:
    """Its `all` gives a hundred rows and says nothing of the rest."""
    net.post(f"{HERE}/query", json={"QueryResponse": {"Account": [{"Id": str(number)} for number in range(300)]}})

    assert len(client().all("Account")) == 300
    assert b"MAXRESULTS 1000" in net.calls[0].request.body  # type: ignore[operator]


# What comes back


def test_a_fault_in_lower_case_with_status_200_is_no_success(net: responses.RequestsMock) -> None:
    """F01: it hands the gateway's fault back as the object that was written."""
    net.post(f"{HERE}/journalentry", json={"fault": {"error": [{"message": "m", "code": "4"}]}})

    with pytest.raises(InDoubtError):
        create()


@pytest.mark.parametrize(("status", "body"), [(429, fault("3001")), (403, fault("003001")), (429, {"time": "x"})])
def test_a_throttle_is_a_throttle_with_the_wait_it_asks_for(
    status: int, body: dict[str, Any], net: responses.RequestsMock
) -> None:
    """F44: it calls 3001 a `ValidationException`, a 429 without a fault error 10000, and drops `Retry-After`."""
    net.post(f"{HERE}/journalentry", status=status, json=body, headers={"Retry-After": "17"})

    with pytest.raises(RateLimitedError) as throttled:
        create()

    assert throttled.value.retry_after_seconds == 17


def test_a_fault_without_a_code_is_in_doubt_and_no_crash(net: responses.RequestsMock) -> None:
    """`int("")` raises a ValueError out of it."""
    net.post(f"{HERE}/journalentry", status=400, json=fault(""))

    with pytest.raises(InDoubtError):
        create()


def test_a_telling_error_after_an_empty_one_is_not_lost(net: responses.RequestsMock) -> None:
    """It raises the first error of a fault, and forgets the others."""
    net.post(f"{HERE}/journalentry", status=400, json=fault("", "6000"))

    with pytest.raises(RejectedError) as refused:
        create()

    assert refused.value.code == "quickbooks.6000"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("5010", ConflictError),
        ("6140", ConflictError),
        ("6000", RejectedError),
        ("6210", RejectedError),
        ("610", RejectedError),
        ("10000", InDoubtError),
        ("2020", RejectedError),
        ("500", RejectedError),
        ("120", AuthorizationError),
        ("4", RejectedError),
    ],
)
def test_each_code_has_its_own_way_on(code: str, kind: type[BridgeError], net: responses.RequestsMock) -> None:
    """By ranges of codes it says `ValidationException`, `SevereException`, or nothing but `QuickbooksException`."""
    net.post(f"{HERE}/journalentry", status=400, json=fault(code))

    with pytest.raises(kind) as met:
        create()

    assert type(met.value).__module__.startswith(("bridge.", "bridge_quickbooks."))


@pytest.mark.parametrize("status", [200, 500, 502, 503, 504])
def test_a_page_instead_of_an_answer_leaves_a_write_in_doubt(status: int, net: responses.RequestsMock) -> None:
    """F01, F07: it calls any page error 10000, whether the write got through or not."""
    net.post(f"{HERE}/journalentry", status=status, body="<html>Service Unavailable</html>")

    with pytest.raises(InDoubtError):
        create()


def test_a_connection_that_breaks_is_our_error_and_one_request(net: responses.RequestsMock) -> None:
    """It lets `requests.ConnectionError` through."""
    net.post(f"{HERE}/journalentry", body=requests.ConnectionError("reset"))

    with pytest.raises(InDoubtError):
        create()

    assert len(net.calls) == 1


def test_the_number_that_intuits_support_asks_for_is_logged(net: responses.RequestsMock) -> None:
    """Status and headers are lost in its exceptions, `intuit_tid` among them."""
    net.post(f"{HERE}/journalentry", status=400, json=fault("6000"), headers={"intuit_tid": "1-abc"})

    with structlog.testing.capture_logs() as lines, pytest.raises(RejectedError):
        create()

    assert [line["intuit_tid"] for line in lines if line["event"] == "fault"] == ["1-abc"]


def test_money_is_read_exactly_whole_amounts_too(net: responses.RequestsMock) -> None:
    """F29: floats by default; with `use_decimal` whole numbers stay what they are."""
    net.get(f"{HERE}/salesreceipt/7", body=b'{"SalesReceipt": {"Id": "7", "TotalAmt": 12345678901234567.89, "n": 1}}')

    found = client().read("SalesReceipt", "7")

    assert found == {"Id": "7", "TotalAmt": Decimal("12345678901234567.89"), "n": Decimal(1)}


@pytest.mark.parametrize(
    "empty", ["CustomerRef", "TxnTaxDetail", "MetaData", "DepositToAccountRef", "DocNumber", "GlobalTaxCalculation"]
)
def test_a_null_in_an_answer_is_nothing_and_no_crash(empty: str) -> None:
    """`from_json({"CustomerRef": None})` raises a TypeError."""
    body = {
        "Id": "7",
        "TxnDate": "2026-07-03",
        "TotalAmt": Decimal(10),
        "Line": [
            {
                "Amount": Decimal(10),
                "DiscountLineDetail": None,
                "SalesItemLineDetail": {"ItemAccountRef": {"value": "79"}, "TaxCodeRef": None},
            }
        ],
        empty: None,
    }

    assert ledger_copy("SalesReceipt", body, home_currency="USD").total_minor == 1000


def test_two_companies_in_one_process_share_nothing(net: responses.RequestsMock) -> None:
    """It was built to keep one client for the whole process."""
    first, second = (client(realm=realm) for realm in ("1", "2"))
    for realm in ("1", "2"):
        net.get(f"{API}/v3/company/{realm}/transfer/7", json={"Transfer": {"Id": realm}})

    assert [ours.read("Transfer", "7") for ours in (second, first)] == [{"Id": "2"}, {"Id": "1"}]
    assert [call.request.headers["Authorization"] for call in net.calls] == ["Bearer token-of-2", "Bearer token-of-1"]


def test_a_day_of_vat_names_the_side_of_each_line() -> None:
    """Its journal line says "Sales" unless told; ours always says which, and only where there is a code."""
    body = decode(render(planned(british_day())))

    for line in body["Line"]:
        detail = line["JournalEntryLineDetail"]
        assert ("TaxCodeRef" in detail) == ("TaxApplicableOn" in detail) == ("TaxAmount" in detail)


def test_the_entries_of_these_tests_are_of_every_kind_that_we_write() -> None:
    made: list[JournalEntry] = [make() for make in (*OURS, two_ways)]
    credit = planned_all(credited(), None, OpenDocument("vch_invoice", 1200))
    written = [*credit, *(voucher for entry in made for voucher in planned_all(entry))]

    assert {voucher.type for voucher in written} == set(CAPABILITIES.types)
