"""What Xero says when it does not do what was asked, and what that is to us: a table.

Xero has no codes for its rules, only English texts. A few that are known are told apart by how they begin; every
other text is a refusal all the same, and a person reads it.
Source: Xero Accounting OpenAPI 16.1.0 (Error, Element); developer.xero.com, "Limits", "Idempotency" and "Response
codes", read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

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
from bridge.model.vouchers import Voucher, voucher_id
from bridge.plugin import Cure
from bridge.transport import Json, excerpt, seconds_asked
from bridge_xero.wire import part, rows, text

WAIT_SECONDS = 60
DAY_WAIT_SECONDS = 3600

NUMBER_TAKEN = "xero.number_taken"
VALIDATION = "xero.validation"
NOT_FOUND = "xero.not_found"
KEY_USED = "xero.key_used"
STORED_FAILURE = "xero.stored_failure"
PERIOD, ACCOUNT, TAX_TYPE, ITEM = "xero.period", "xero.account", "xero.tax_type", "xero.item"
PAID, BOUNCED_PAID = "xero.payment", "xero.bounced_paid"

# Refusals that another account, item or tax code, or an open period, cures.
CURES = ((ACCOUNT, Cure.ACCOUNT), (ITEM, Cure.ACCOUNT), (TAX_TYPE, Cure.TAX_CODE), (PERIOD, Cure.PERIOD))

_RECONNECT = "Run `bridge connections authorize NAME` for this connection"
_OTHER = "Mend in Xero or in the mapping what it names, then retry"
_MAP = "Map another account, then retry"
_PAID = "Look at the invoice or credit note in Xero: it may be voided, or paid by other hands"
_PAYMENTS = "Tick 'Enable payments to this account' in Xero's chart of accounts, then retry"
_SETTLED = "Take its payments and allocations back in Xero, then retry"
_BUG = "Report this as a bug of the plugin, with the log line"
_TAX = "Map the clearing account to one of type Current Asset, or another tax code, then retry"
_LOCKED = "Move the lock date in Xero, or let the route date it in the next open period"


class Known(msgspec.Struct, frozen=True):
    """A text that is known: how it begins (or what it holds), our code, and what the person can do."""

    pattern: str
    code: str
    next_step: str


# The first that fits decides. Those of ``_SEEN`` stand in Xero's documentation or in public threads, read 2026-11; the
# others are as the sandbox words them, and where Xero's own differ they are no more than a plain refusal.
_SEEN: tuple[Known, ...] = (
    Known(
        r"(invoice|credit note) (#|number) must be unique", code=NUMBER_TAKEN, next_step="Look at the other one in Xero"
    ),
    Known(
        r"(invoice|credit note) not of valid status for modification",
        code=NUMBER_TAKEN,
        next_step="Look at the other one in Xero",
    ),
    Known(r"the document date cannot be before the (period|end of year) lock date", code=PERIOD, next_step=_LOCKED),
    Known(r"account (code|id) .*(not a valid code|archived|deleted)", code=ACCOUNT, next_step=_MAP),
    Known(r"the taxtype code", code=TAX_TYPE, next_step="Map another tax code in the route's tax_codes, then retry"),
    Known(
        r"item code .* is not valid",
        code=ITEM,
        next_step="It was deleted in Xero, or has another code: name that in the rule, or make it again, then retry",
    ),
    Known(r"payments can only be made against|payment amount exceeds", code=PAID, next_step=_PAID),
    Known(r"this document cannot be edited as it has a payment", code="xero.settled", next_step=_SETTLED),
    Known(r"the (line total|document total|quantity value) ", code="xero.totals", next_step=_BUG),
    Known(
        r"(the|a) contact .*(archived|be specified)", code="xero.contact", next_step="Restore it in Xero, then retry"
    ),
    Known(
        r"organisation is not subscribed to currency",
        code="xero.currency",
        next_step="Add the currency in Xero, then retry",
    ),
)
_KNOWN: tuple[Known, ...] = (
    *_SEEN,
    Known(r"the tax amount .* must match", code="xero.tax_rounding", next_step=_TAX),
    Known(r"account could not be found", code=ACCOUNT, next_step=_MAP),
    Known(r"account code .* not enabled for payments", code="xero.payments_off", next_step=_PAYMENTS),
    Known(r"the contact could not be found", code="xero.contact", next_step="Restore it in Xero, then retry"),
)
_UNREAD = "PostDataInvalidException"
_NOWHERE = b"you're looking for cannot be found"
_IDEMPOTENCY = re.compile(r"idempotency", re.IGNORECASE)


class Fault(msgspec.Struct, frozen=True):
    """What an answer says went wrong.

    is_said:   Xero's own words, and not a gateway's page. is_refusal: they say that nothing was written.
    is_unread: the body was no such list at all, so nothing of it was taken.
    elements:  those of what was sent that it refuses by name.
    """

    status: int
    text: str = ""
    is_said: bool = False
    is_refusal: bool = False
    is_unread: bool = False
    retry_after_seconds: int = WAIT_SECONDS
    elements: tuple[Json, ...] = ()


class NumberTakenError(ConflictError):
    """Another object holds the voucher's number."""

    code = NUMBER_TAKEN

    def __init__(self, thing: str, said: str) -> None:
        super().__init__(thing, said, "Give that object another number in Xero, or withdraw this voucher")


class StoredFailureError(InDoubtError):
    """Xero answered with a failure of its own, and repeats that answer for the same header key: its next is another."""

    code = STORED_FAILURE


class KeyUsedError(InDoubtError):
    """Xero answered that the header key was used for another body: under it it will never say anything else."""

    code = KEY_USED


def read_fault(status: int, headers: Mapping[str, str], raw: bytes, body: Json | list[Json] | None) -> Fault | None:
    """The fault an answer carries; None for a readable answer of status 200 (its elements may each carry one).

    body: what ``raw`` says, None where it was no JSON, as when a gateway answers with a page. An id that Xero does
    not have is told by a plain sentence; any other page with status 404 is a gateway's, and says nothing about it.
    """
    if 200 <= status < 300 and body is not None:
        return None
    if status == 404 and _NOWHERE in raw:
        return Fault(status, "there is none of that id", is_said=True, is_refusal=True)
    if not isinstance(body, Mapping):
        return Fault(status, f"HTTP {status} with no readable answer", retry_after_seconds=_wait_seconds(headers))
    elements = tuple(rows(body.get("Elements")))
    words = [*(_words(element) for element in elements), _summary(body)]
    said = next(filter(None, words), "no reason given")
    return Fault(
        status=status,
        text=excerpt(said, 400),
        is_said=True,
        is_refusal=400 <= status < 500,
        is_unread=text(body.get("Type")) == _UNREAD,
        retry_after_seconds=_wait_seconds(headers),
        elements=elements,
    )


def element_fault(element: Json, ref: str) -> Fault | None:
    """The fault of one element of a 200: it was refused though the call as a whole was not.

    ref: its id, empty where it has none: warnings of what was saved are no refusal.
    """
    words = _words(element)
    if text(element.get("StatusAttributeString")).upper() != "ERROR" and (ref or not words):
        return None
    return Fault(200, excerpt(words or "no reason given", 400), is_said=True, is_refusal=True)


def error_of(fault: Fault, *, thing: str, is_write: bool) -> BridgeError:
    """Our error for a fault; the order of the questions is the table's."""
    said = f"Xero: {fault.text}"
    if fault.status in {401, 403}:
        return AuthorizationError(thing, said, _RECONNECT)
    if fault.status == 429:
        return RateLimitedError(thing, retry_after_seconds=fault.retry_after_seconds)
    if not fault.is_refusal:
        return _unclear(fault, thing, said, is_write=is_write)
    if fault.status == 404:
        return RejectedError(thing, said, _OTHER, code=NOT_FOUND)
    if not is_write:
        return PluginError(thing, said, _BUG, code=VALIDATION)
    if _IDEMPOTENCY.search(fault.text):
        return KeyUsedError(thing, said)
    known = next((one for one in _KNOWN if re.search(one.pattern, fault.text, re.IGNORECASE)), None)
    if known is None:
        return RejectedError(thing, said, _OTHER, code=VALIDATION)
    if known.code == NUMBER_TAKEN:
        return NumberTakenError(thing, said)
    return RejectedError(thing, said, known.next_step, code=known.code)


def bounced_error(voucher: Voucher, refusal: RejectedError) -> RejectedError:
    """The refusal, or a clearer one where a payout that bounced should settle an invoice that was paid meanwhile."""
    of_other_entry = voucher.pays and voucher.pays != voucher_id(voucher.entry_id, 1)
    if refusal.code != PAID or not of_other_entry:
        return refusal
    cause = f"{refusal.cause}. The invoice is paid: it was matched with a bank line before the money was sent back"
    next_step = "Code the bank line that came back to the clearing account, and withdraw this voucher"
    return RejectedError(refusal.thing, cause, next_step, code=BOUNCED_PAID)


def _unclear(fault: Fault, thing: str, said: str, *, is_write: bool) -> BridgeError:
    """No yes and no refusal. A failure that Xero itself told is kept under the header key, a gateway's is not."""
    if not is_write:
        return UnavailableError(thing, said)
    is_kept = fault.status == 500 or (fault.status > 500 and fault.is_said)
    return StoredFailureError(thing, said) if is_kept else InDoubtError(thing, said)


def _words(element: Json) -> str:
    messages = (text(error.get("Message")) for error in rows(element.get("ValidationErrors")))
    return " ".join(message.strip() for message in messages if message.strip())


def _summary(body: Json) -> str:
    """The one sentence of an answer: the API's ``Message``, or the gateway's ``Title`` and ``Detail``."""
    words = (text(body.get(name)).strip() for name in ("Type", "Message", "Title", "Detail"))
    return ": ".join(dict.fromkeys(word for word in words if word)) or _words(part(body))


def _wait_seconds(headers: Mapping[str, str]) -> int:
    """What ``Retry-After`` asks for, a day at most; without it an hour where the day is used up, else a minute."""
    is_of_day = "day" in headers.get("X-Rate-Limit-Problem", "").lower()
    return seconds_asked(headers, DAY_WAIT_SECONDS if is_of_day else WAIT_SECONDS)
