"""What QuickBooks says when it does not do what was asked, and what that is to us: a table.

Codes decide, never words, for QuickBooks answers in the user's language. The one thing read out of a text is the
id of the object that holds a number.
Source: Intuit, "Error codes" and "Limits and throttles", read 2026-11; recorded faults of 2013 to 2016.
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
from bridge.model.vouchers import Voucher
from bridge.plugin import Cure
from bridge.transport import Json, excerpt, seconds_asked

WAIT_SECONDS = 60
NUMBER_TAKEN = "6140"
PERIOD_CLOSED = frozenset({"6200", "6210"})
NOT_FOUND = "610"
INVALID_QUERY = "4001"
# A rule of QuickBooks' own; and what a repeat of a batch under its request id was seen to get in each of its items.
# Source: github.com/ruckus/quickbooks-ruby, pull request 344.
BUSINESS_RULE = "6000"
# Refusals of a batch as a whole that speak of its form: none of it was carried out.
OF_A_CALL = frozenset(f"quickbooks.{code}" for code in ("500", "1040", "1050", "2010", "2020", "2130"))

_RECONNECT = "Run `bridge connections authorize NAME` for this connection"
_BUG = "Report this as a bug of the plugin, with the log line"
# Refusals that another account or tax code, or an open period, cures. 6000 is QuickBooks' own word for a rule of its
# own, most often about the type of an account.
CURES = (
    *((f"quickbooks.{code}", Cure.ACCOUNT) for code in ("610", "2500", "6000", "6430")),
    ("quickbooks.6100", Cure.TAX_CODE),
    *((f"quickbooks.{code}", Cure.PERIOD) for code in sorted(PERIOD_CLOSED)),
)

_OPEN = "Open the period in QuickBooks, or let the route date it in the next open one"
_LOOK = "Nothing to do: bridge looks for it in QuickBooks"
# Refusals by code: what each is, in a sentence that stands before QuickBooks' own words, for those are in the language
# of the company's user; and what a person can do. A code that is not here is refused all the same, as ``_OTHER`` says.
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "500": ("it has no such operation", _BUG),
    "600": ("the request id was used before", _LOOK),
    "610": (
        "what it names was deleted or made inactive",
        "It was deleted or made inactive in QuickBooks: map another, or make it active, then retry",
    ),
    "620": ("it cannot be linked as asked", "Look at the object in QuickBooks, then retry"),
    "1040": ("the batch has too many items", _BUG),
    "1050": ("the body is of a type that it does not read", _BUG),
    "2010": ("it does not understand a field", _BUG),
    "2020": ("a field that it needs is missing", _BUG),
    "2030": ("an id is none", _BUG),
    "2040": ("a text has a character that it does not take", _BUG),
    "2050": ("a text is too long", _BUG),
    "2130": ("the request id is none", _BUG),
    "2170": ("a word is none of those it knows", _BUG),
    "2290": ("an amount is negative where none may be", _BUG),
    "2300": ("debits and credits differ", _BUG),
    "2500": (
        "what it names is not in this company",
        "An account it names is not in this company: check the route's accounts, then retry",
    ),
    "4000": ("it cannot read the query", _BUG),
    "4001": ("the query asks for what is not there", _BUG),
    "5010": ("somebody changed it meanwhile", "Somebody changed it in QuickBooks meanwhile: run `bridge drift`"),
    "5020": (
        "whoever let bridge in may not do that",
        "Let a person who may do that in QuickBooks run `bridge connections authorize NAME`",
    ),
    "6000": (
        "a rule of its own says no",
        "Do what QuickBooks asks for (often another account in the mapping), then retry",
    ),
    "6070": ("an amount is not quantity times price", _BUG),
    "6100": ("it does not take the tax code of a line", "Check the tax code in the rule, then retry"),
    "6140": (
        "another object holds its number",
        "Give that object another number in QuickBooks, or withdraw this voucher",
    ),
    "6170": ("it takes no tax detail there", _BUG),
    "6200": ("the period is closed", _OPEN),
    "6210": ("the period is closed", _OPEN),
    "6240": ("another object has the same name", "Rename the other one in QuickBooks, then retry"),
    "6430": (
        "the account is of a type that it does not take there",
        "Map it to an account of the type that QuickBooks asks for, then retry",
    ),
    "6480": ("it is matched with a bank line", "Undo the bank match in QuickBooks, then retry"),
    "6540": ("it lies in a deposit", "Take it out of its deposit in QuickBooks, then retry"),
}
_OTHER = ("it refused", "Look it up in QuickBooks' error codes, mend the cause, then retry")
# The connection itself is refused: nothing more is sent until a person has acted.
_NOT_LET_IN = ("bridge is not let in", _RECONNECT)
_CLOSED_DOORS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("120", "3100", "3200"), _NOT_LET_IN),
    "6190": (
        "the company's subscription has ended",
        "Renew the company's QuickBooks subscription, then run `bridge connections authorize NAME`",
    ),
}
_THROTTLED = "3001"
_REPEATED_REQUEST = "600"
_CHANGED_MEANWHILE = "5010"
_SYSTEM_FAILURE = "10000"


class Fault(msgspec.Struct, frozen=True):
    """What an answer says went wrong. code: empty when the answer names none that can be believed.

    is_clear: QuickBooks itself said no, so nothing was written; else it is a gateway's or a broken server's word.
    holder:   the id of the object that already holds our number, where the fault is about that and names it.
    """

    status: int
    code: str = ""
    text: str = ""
    is_clear: bool = False
    retry_after_seconds: int = WAIT_SECONDS
    holder: str = ""


class NumberTakenError(ConflictError):
    """Another object holds the voucher's number; ``holder`` is its id, where QuickBooks named it."""

    code = f"quickbooks.{NUMBER_TAKEN}"

    def __init__(self, thing: str, said: str, *, holder: str) -> None:
        self.holder = holder
        super().__init__(thing, said, _REFUSALS[NUMBER_TAKEN][1])


class UnprovenError(InDoubtError):
    """QuickBooks answered, and that proves nothing: under the same request id it may never say anything else."""

    def __init__(self, thing: str, said: str, code: str) -> None:
        super().__init__(thing, said)
        self.code = code


def read_fault(status: int, headers: Mapping[str, str], body: Json | None) -> Fault | None:
    """The fault an answer carries; None for an answer that carries none and has status 200.

    body: None where it was no JSON object, as when a gateway answers with a page.
    """
    wait = seconds_asked(headers, WAIT_SECONDS)
    for key, errors_key, is_capital in (("Fault", "Error", True), ("fault", "error", False)):
        if body is not None and key in body:
            error = _telling(body[key], errors_key)
            code = str(error.get("code") or "").strip().lstrip("0")
            text = ": ".join(_words(error, is_capital=is_capital))
            held = re.search(r"TxnId=(\d+)", text) if code in {NUMBER_TAKEN, *PERIOD_CLOSED} else None
            return Fault(
                status=status,
                code=code,
                text=excerpt(text, 400),
                is_clear=is_capital and status < 500 and code not in {"", _SYSTEM_FAILURE},
                retry_after_seconds=wait,
                holder=held[1] if held else "",
            )
    if status == 200 and body is not None:
        return None
    return Fault(status, text=f"HTTP {status} with no readable fault", retry_after_seconds=wait)


def error_of(fault: Fault, *, thing: str, is_write: bool) -> BridgeError:
    """Our error for a fault; the order of the questions is the table's."""
    code = NUMBER_TAKEN if fault.holder else fault.code
    told = f"QuickBooks {fault.code or f'HTTP {fault.status}'}: {fault.text}"
    if fault.status == 401 or code in _CLOSED_DOORS:
        sentence, next_step = _CLOSED_DOORS.get(code, _NOT_LET_IN)
        return AuthorizationError(thing, f"{sentence} ({told})", next_step)
    if fault.status == 429 or code == _THROTTLED:
        return RateLimitedError(thing, retry_after_seconds=fault.retry_after_seconds)
    if not fault.is_clear:
        return InDoubtError(thing, told) if is_write else UnavailableError(thing, told)
    sentence, next_step = _REFUSALS.get(code, _OTHER)
    said = f"{sentence} ({told})"
    if code == _REPEATED_REQUEST and is_write:
        return UnprovenError(thing, said, f"quickbooks.{code}")
    if code == NUMBER_TAKEN:
        return NumberTakenError(thing, said, holder=fault.holder)
    if code == _CHANGED_MEANWHILE:
        return ConflictError(thing, said, next_step, code=f"quickbooks.{code}")
    kind = RejectedError if is_write or code == NOT_FOUND else PluginError
    return kind(thing, said, next_step, code=f"quickbooks.{code}")


def _telling(fault: object, errors_key: str) -> Json:
    """Of a fault's errors the first that has a code."""
    errors = fault.get(errors_key) if isinstance(fault, dict) else None
    listed = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return next((error for error in listed if error.get("code")), listed[0] if listed else {})


def _words(error: Json, *, is_capital: bool) -> list[str]:
    names = ("Message", "Detail", "element") if is_capital else ("message", "detail", "element")
    words = [str(error[name]) for name in names if error.get(name)]
    return words or ["no reason given"]


def check_linked(voucher: Voucher, refs: Mapping[str, str], thing: str) -> None:
    """Raises: RejectedError where what a payment links is not in QuickBooks, as when it was withdrawn meanwhile."""
    if any(name and name not in refs for name in (voucher.pays, voucher.applies)):
        raise RejectedError(
            thing,
            "the invoice that it settles, or the credit memo that it uses, is not in QuickBooks",
            "Deliver that first, or withdraw this voucher as well",
            code="quickbooks.payment",
        )
