"""The table: each row of what QuickBooks says, and what it is to us."""

from typing import Any, Literal

import pytest

from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConflictError,
    InDoubtError,
    PluginError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge_quickbooks.errors import NumberTakenError, UnprovenError, error_of, read_fault
from bridge_quickbooks_sandbox.refusals import KNOWN_CODES, RefusalError
from bridge_quickbooks_sandbox.refusals import fault as in_fault

TAKEN = "Duplicate Document Number Error : DocNumber=A is assigned to TxnType=Journal Entry with TxnId=4711"
TAKEN_IN_FRENCH = "Erreur de numéro : DocNumber=A est affecté à TxnType=Écriture de journal avec TxnId=4711"
CLOSED = "Account Period Closed : The account period has closed"


def fault(code: str, detail: str = "why", message: str = "what") -> dict[str, Any]:
    return {"Fault": {"Error": [{"Message": message, "Detail": detail, "code": code, "element": ""}], "type": "x"}}


def met(status: int, body: dict[str, Any] | None, *, is_write: bool = True, **headers: str) -> BridgeError:
    found = read_fault(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    assert found is not None
    return error_of(found, thing="JournalEntry AMZ2606-A", is_write=is_write)


ROWS = [
    # status, code, detail, when writing, its code
    (401, "3200", "", AuthorizationError, "authorization"),
    (400, "3200", "", AuthorizationError, "authorization"),
    (403, "3100", "", AuthorizationError, "authorization"),
    (403, "003100", "", AuthorizationError, "authorization"),
    (400, "120", "", AuthorizationError, "authorization"),
    (403, "6190", "", AuthorizationError, "authorization"),
    (429, "3001", "", RateLimitedError, "rate_limited"),
    (403, "003001", "", RateLimitedError, "rate_limited"),
    (400, "600", "", UnprovenError, "quickbooks.600"),
    (500, "10000", "", InDoubtError, "in_doubt"),
    (400, "10000", "", InDoubtError, "in_doubt"),
    (502, "6000", "", InDoubtError, "in_doubt"),
    (400, "610", "", RejectedError, "quickbooks.610"),
    (400, "620", "", RejectedError, "quickbooks.620"),
    (400, "2010", "", RejectedError, "quickbooks.2010"),
    (400, "2020", "", RejectedError, "quickbooks.2020"),
    (400, "2050", "", RejectedError, "quickbooks.2050"),
    (400, "2290", "", RejectedError, "quickbooks.2290"),
    (400, "2300", "", RejectedError, "quickbooks.2300"),
    (400, "2500", "", RejectedError, "quickbooks.2500"),
    (400, "5010", "", ConflictError, "quickbooks.5010"),
    (400, "6000", "", RejectedError, "quickbooks.6000"),
    (400, "6070", "", RejectedError, "quickbooks.6070"),
    (400, "6100", "", RejectedError, "quickbooks.6100"),
    (400, "6140", TAKEN, NumberTakenError, "quickbooks.6140"),
    (400, "6140", TAKEN_IN_FRENCH, NumberTakenError, "quickbooks.6140"),
    (400, "6210", TAKEN, NumberTakenError, "quickbooks.6140"),
    (400, "6140", "no holder named", NumberTakenError, "quickbooks.6140"),
    (400, "6170", "", RejectedError, "quickbooks.6170"),
    (400, "6200", CLOSED, RejectedError, "quickbooks.6200"),
    (400, "6210", CLOSED, RejectedError, "quickbooks.6210"),
    (400, "6210", "Période comptable fermée", RejectedError, "quickbooks.6210"),
    (400, "6240", "", RejectedError, "quickbooks.6240"),
    (400, "6430", "", RejectedError, "quickbooks.6430"),
    (400, "6480", "", RejectedError, "quickbooks.6480"),
    (400, "6540", "", RejectedError, "quickbooks.6540"),
    (400, "9999", "a code of tomorrow", RejectedError, "quickbooks.9999"),
    (400, "", "no code at all", InDoubtError, "in_doubt"),
    (200, "6000", "a fault in an answer of 200", RejectedError, "quickbooks.6000"),
]


@pytest.mark.parametrize(("status", "code", "detail", "kind", "our_code"), ROWS)
def test_each_code_has_its_error(status: int, code: str, detail: str, kind: type[BridgeError], our_code: str) -> None:
    """F02, F38, F42, F44, F45, F46, F47: by code, whatever the language."""
    error = met(status, fault(code, detail))

    assert (type(error), error.code) == (kind, our_code)
    assert str(error).startswith("JournalEntry AMZ2606-A: ")


@pytest.mark.parametrize("status", [200, 301, 400, 403, 404, 413, 500, 502, 503, 504])
@pytest.mark.parametrize("body", [None, {"fault": {"error": [{"message": "m", "detail": "d", "code": "4"}]}}])
def test_a_page_or_a_gateways_fault_leaves_a_write_in_doubt_and_a_read_for_later(status: int, body: Any) -> None:
    """F01, F07: whatever is not QuickBooks' own clear no proves nothing."""
    assert type(met(status, body)) is InDoubtError
    assert type(met(status, body, is_write=False)) is UnavailableError


def test_a_gateways_401_in_lower_case_is_no_longer_let_in() -> None:
    """F42."""
    body = {
        "fault": {
            "error": [{"message": "AuthenticationFailed", "detail": "x", "code": "3200"}],
            "type": "AUTHENTICATION",
        }
    }

    assert type(met(401, body)) is AuthorizationError
    assert type(met(401, None)) is AuthorizationError
    assert type(met(200, body)) is AuthorizationError


def test_a_throttle_waits_as_long_as_it_says_else_a_minute() -> None:
    """F44: the library loses the header."""
    told, untold, odd = (
        met(429, None, Retry_After="7"),
        met(429, fault("3001")),
        met(429, None, Retry_After="Wed, 21 Oct"),
    )

    waits = [error.retry_after_seconds for error in (told, untold, odd) if isinstance(error, RateLimitedError)]
    assert waits == [7, 60, 60]


def test_the_holder_of_a_number_is_named() -> None:
    """F02."""
    error = met(400, fault("6140", TAKEN))

    assert isinstance(error, NumberTakenError)
    assert error.holder == "4711"


def test_a_transaction_id_in_any_other_fault_is_no_holder() -> None:
    assert type(met(400, fault("6000", "see TxnId=4711"))) is RejectedError


def test_a_bad_query_is_a_bug_and_a_missing_object_is_told_apart() -> None:
    assert type(met(400, fault("4001"), is_write=False)) is PluginError
    assert (type(met(400, fault("610"), is_write=False)), met(400, fault("610")).code) == (
        RejectedError,
        "quickbooks.610",
    )


@pytest.mark.parametrize("broken", ["x", [], None, {"Error": None}, {"Error": ["x", 3]}, {"Error": [{"code": None}]}])
def test_a_fault_without_a_code_proves_nothing(broken: Any) -> None:
    """The library dies of it with a ValueError."""
    assert type(met(400, {"Fault": broken})) is InDoubtError


def test_of_several_errors_the_first_with_a_code_counts() -> None:
    body = {"Fault": {"Error": [{"Message": "m"}, {"Message": "n", "code": "6000"}, {"code": "2500"}]}}

    assert met(400, body).code == "quickbooks.6000"


def test_no_fault_in_an_answer_of_200_is_no_fault() -> None:
    assert read_fault(200, {}, {"JournalEntry": {}}) is None


def test_a_message_is_one_line_without_secrets_and_not_endless() -> None:
    error = met(400, fault("6000", "a\nb" + " token=abc123 Bearer eyJhbGciOi " + "x" * 9000))

    assert "abc123" not in str(error)
    assert "eyJ" not in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 700


@pytest.mark.parametrize("asked", ["86401", "9" * 18, "9" * 5000])
def test_an_absurd_wait_is_cut_to_a_day(asked: str) -> None:
    """F44."""
    error = met(429, None, Retry_After=asked)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == 86_400


# What is said of every code that Intuit's pages or recorded faults name.
SAID = {
    "500": "no such operation",
    "600": "the request id was used before",
    "610": "deleted or made inactive",
    "620": "cannot be linked",
    "1040": "too many items",
    "1050": "of a type",
    "2010": "does not understand a field",
    "2020": "is missing",
    "2030": "an id is none",
    "2040": "a character that it does not take",
    "2050": "too long",
    "2130": "the request id is none",
    "2170": "none of those it knows",
    "2290": "negative",
    "2300": "debits and credits differ",
    "2500": "not in this company",
    "3100": "not let in",
    "3200": "not let in",
    "120": "not let in",
    "4000": "cannot read the query",
    "4001": "asks for what is not there",
    "5010": "somebody changed it meanwhile",
    "5020": "may not do that",
    "6000": "a rule of its own says no",
    "6070": "not quantity times price",
    "6100": "does not take the tax code",
    "6140": "another object holds its number",
    "6170": "no tax detail there",
    "6190": "subscription has ended",
    "6200": "the period is closed",
    "6210": "the period is closed",
    "6240": "has the same name",
    "6430": "of a type that it does not take",
    "6480": "matched with a bank line",
    "6540": "lies in a deposit",
    "9999": "it refused",
}


@pytest.mark.parametrize("code", SAID)
def test_a_refusal_in_french_is_the_same_refusal(code: str) -> None:
    """Stable code, a plain sentence and a next step, whatever the words."""
    english, french = (
        met(400, fault(code, detail)) for detail in ("Something is wrong", "Quelque chose ne va pas : été")
    )

    assert (type(english), english.code, english.next_step) == (type(french), french.code, french.next_step)
    assert SAID[code] in french.cause
    assert english.cause.partition(" (")[0] == french.cause.partition(" (")[0]
    assert french.cause.endswith(f" (QuickBooks {code}: what: Quelque chose ne va pas : été)")
    assert french.next_step


def test_every_code_that_the_sandbox_refuses_with_has_a_sentence() -> None:
    """But for the throttle, which is a wait."""
    assert KNOWN_CODES - {"3001"} <= set(SAID)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_company_whose_user_reads_french_is_refused_for_the_same_reasons(language: Literal["en", "fr"]) -> None:
    refusals = [RefusalError(code, "Détail", status=400) for code in sorted(KNOWN_CODES - {"3001"})]
    met_ones = [met(400, in_fault(refusal, language)) for refusal in refusals]

    assert [SAID[one.vendor_code] in told.cause for one, told in zip(refusals, met_ones, strict=True)] == [True] * len(
        refusals
    )
