"""The table: each row of what Xero says, and what it is to us."""

from collections.abc import Mapping
from typing import Any

import pytest

from bridge.errors import (
    AuthorizationError,
    BridgeError,
    InDoubtError,
    PluginError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge_xero.errors import KeyUsedError, NumberTakenError, StoredFailureError, error_of, read_fault
from bridge_xero_sandbox.refusals import Text


def invalid(*messages: str) -> dict[str, Any]:
    return {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [{"ValidationErrors": [{"Message": message} for message in messages]}],
    }


def met(
    status: int, body: Any, *, is_write: bool = True, raw: bytes = b"", headers: Mapping[str, str] | None = None
) -> BridgeError:
    found = read_fault(status, headers or {}, raw, body)
    assert found is not None
    return error_of(found, thing="Invoice AMZ2606-A", is_write=is_write)


TEXTS = [
    ("Invoice # must be unique.", NumberTakenError, "xero.number_taken"),
    ("Credit Note # must be unique.", NumberTakenError, "xero.number_taken"),
    ("Invoice not of valid status for modification", NumberTakenError, "xero.number_taken"),
    (Text.PERIOD_LOCK.format(day="31-Mar-2026"), RejectedError, "xero.period"),
    (Text.YEAR_LOCK.format(day="31-Mar-2026"), RejectedError, "xero.period"),
    (Text.ACCOUNT_INVALID.format(code="999"), RejectedError, "xero.account"),
    (Text.ACCOUNT_ARCHIVED.format(code="999"), RejectedError, "xero.account"),
    (Text.ACCOUNT_MISSING, RejectedError, "xero.account"),
    (Text.NO_PAYMENTS_TO_ACCOUNT.format(code="999"), RejectedError, "xero.payments_off"),
    (Text.TAX_WITH_ACCOUNT.format(tax="INPUT2", code="200"), RejectedError, "xero.tax_type"),
    (Text.TAX_MISSING.format(tax="INPUT9"), RejectedError, "xero.tax_type"),
    (Text.NOT_AUTHORISED, RejectedError, "xero.payment"),
    (Text.TOO_MUCH, RejectedError, "xero.payment"),
    (Text.HAS_PAYMENTS, RejectedError, "xero.settled"),
    (Text.LINE_TOTAL.format(given="9.99", expected="10.00"), RejectedError, "xero.totals"),
    (Text.DOCUMENT_TOTAL, RejectedError, "xero.totals"),
    (Text.NEGATIVE_QUANTITY.format(value="-1"), RejectedError, "xero.totals"),
    (Text.TAX_AMOUNT.format(given="1.00", expected="1.01"), RejectedError, "xero.tax_rounding"),
    (Text.CURRENCY.format(currency="EUR"), RejectedError, "xero.currency"),
    (Text.CONTACT_ARCHIVED, RejectedError, "xero.contact"),
    (Text.CONTACT_MISSING, RejectedError, "xero.contact"),
    (Text.CONTACT_NEEDED, RejectedError, "xero.contact"),
    (Text.CONTACT_TAKEN.format(name="Acme"), RejectedError, "xero.validation"),
    ("The moon is in the wrong quarter", RejectedError, "xero.validation"),
    ("La date du document précède la date de verrouillage", RejectedError, "xero.validation"),
    ("", RejectedError, "xero.validation"),
]


@pytest.mark.parametrize(("text", "kind", "code"), TEXTS)
def test_texts_that_are_known_are_told_apart_and_every_other_is_a_refusal(
    text: str, kind: type[BridgeError], code: str
) -> None:
    """F08: Xero has no codes for its rules."""
    error = met(400, invalid(text))

    assert (type(error), error.code) == (kind, code)
    assert text in error.cause
    assert error.next_step


ROWS: list[tuple[int, Any, type[BridgeError], str]] = [
    # status, body, when writing, its code
    (401, {"Title": "Unauthorized", "Detail": "TokenExpired: token expired"}, AuthorizationError, "authorization"),
    (401, None, AuthorizationError, "authorization"),
    (403, {"Title": "Forbidden", "Detail": "AuthenticationUnsuccessful"}, AuthorizationError, "authorization"),
    (429, None, RateLimitedError, "rate_limited"),
    (429, {"Title": "Too many requests"}, RateLimitedError, "rate_limited"),
    (400, {"Type": "PostDataInvalidException", "Message": "JSON"}, RejectedError, "xero.validation"),
    (400, None, InDoubtError, "in_doubt"),
    (404, None, InDoubtError, "in_doubt"),
    (404, {"Message": "none"}, RejectedError, "xero.not_found"),
    (413, {"Message": "too large"}, RejectedError, "xero.validation"),
    (400, {"Message": "The Idempotency-Key was used before with other content"}, KeyUsedError, "xero.key_used"),
    (500, {"Type": "InternalError", "Message": "An error occurred"}, StoredFailureError, "xero.stored_failure"),
    (500, None, StoredFailureError, "xero.stored_failure"),
    (503, {"Title": "Offline"}, StoredFailureError, "xero.stored_failure"),
    (502, None, InDoubtError, "in_doubt"),
    (503, None, InDoubtError, "in_doubt"),
    (504, None, InDoubtError, "in_doubt"),
    (302, None, InDoubtError, "in_doubt"),
    (200, None, InDoubtError, "in_doubt"),
]


@pytest.mark.parametrize(("status", "body", "kind", "code"), ROWS)
def test_each_row_of_the_table(status: int, body: Any, kind: type[BridgeError], code: str) -> None:
    error = met(status, body)

    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, None, AuthorizationError),
        (403, {"Title": "Forbidden"}, AuthorizationError),
        (429, None, RateLimitedError),
        (404, {"Message": "none"}, RejectedError),
        (400, {"Type": "QueryParseException", "Message": "where"}, PluginError),
        (400, {"Message": "Idempotency"}, PluginError),
        *((status, None, UnavailableError) for status in (200, 302, 400, 404, 500, 502, 503, 504)),
        (500, {"Message": "An error occurred"}, UnavailableError),
    ],
)
def test_a_read_is_never_in_doubt(status: int, body: Any, kind: type[BridgeError]) -> None:
    assert type(met(status, body, is_write=False)) is kind


def test_an_id_that_is_not_there_is_told_by_a_sentence_and_any_other_page_says_nothing() -> None:
    """F07."""
    told = met(404, None, raw=b"The resource you're looking for cannot be found", is_write=False)
    page = met(404, None, raw=b"<html>no such host</html>", is_write=False)

    assert (type(told), told.code) == (RejectedError, "xero.not_found")
    assert type(page) is UnavailableError


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "34567"}, 34567),
        ({"Retry-After": "999999"}, 86_400),
        ({"Retry-After": "9" * 5000}, 86_400),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "-5"}, 60),
        ({"Retry-After": "٣"}, 60),
        ({}, 60),
        ({"X-Rate-Limit-Problem": "day"}, 3600),
        ({"X-Rate-Limit-Problem": "minute"}, 60),
    ],
)
def test_the_wait_is_what_xero_asks_for_within_a_day(headers: dict[str, str], seconds: int) -> None:
    """F44."""
    error = met(429, None, headers=headers)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == seconds


def test_every_message_of_an_answer_is_told() -> None:
    error = met(400, invalid("One.", "Two."))

    assert "One. Two." in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"Elements": None},
        {"Elements": [None, 5, {"ValidationErrors": None}, {"ValidationErrors": [None, {"Message": None}]}]},
        {"ErrorNumber": None, "Type": None, "Message": None},
        {},
    ],
)
def test_a_refusal_of_any_shape_is_read(body: dict[str, Any]) -> None:
    error = met(400, body)

    assert (type(error), error.code) == (RejectedError, "xero.validation")
    assert "no reason given" in str(error)


def test_no_secret_and_no_endless_text_comes_through() -> None:
    error = met(400, invalid("access_token=eyJhbGciOi " + "x" * 5000))

    assert "eyJ" not in str(error)
    assert len(str(error)) < 700


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_readable_answer_of_success_is_no_fault(status: int) -> None:
    assert read_fault(status, {}, b"", {}) is None
    assert read_fault(status, {}, b"", []) is None
