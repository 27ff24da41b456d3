"""What Amazon says when it does not answer as asked, and what that is to us: a table.

An answer that is not JSON, or empty, is no answer, whatever its status: Amazon's gateways say 503, and 429, with a web
page or with nothing. Messages are not repeated: they may name what was asked for.
Source: SP-API models, 2026-08-05; Login with Amazon, access token errors; answers that users of other clients reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bridge.errors import BridgeError, ConfigError, DocumentError, RateLimitedError, UnavailableError
from bridge.plugin.reading import or_none
from bridge.transport import seconds_asked

TOKEN_WAIT_SECONDS: Final = 60
_MOST_SECONDS: Final = 3_600
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_RATE = re.compile(r"\d{1,6}(\.\d{1,9})?", re.ASCII)
_AUTHORIZE: Final = "Authorise the application for this seller again, and set refresh_token to what that gives"
_ROLE: Final = (
    "Give the application the role 'Finance and Accounting', authorise it again, and set the new refresh_token; check "
    "that region is the seller's"
)

_INTERNAL: Final = "InternalFailure"


class InternalFailureError(UnavailableError):
    """Amazon itself failed; where it was asked for a span of time, that may be too long for it."""


class _Error(msgspec.Struct):
    code: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


class _TokenError(msgspec.Struct):
    error: str = ""


def codes_of(body: bytes) -> tuple[str, ...]:
    """Amazon's own codes for a refusal."""
    told = or_none(msgspec.Raw(body), _Errors)
    return tuple(one.code for one in told.errors if _CODE.fullmatch(one.code)) if told is not None else ()


def fault_of(
    status: int, headers: Mapping[str, str], body: bytes, *, thing: str, asked: str, usual_wait: int
) -> BridgeError | None:
    """Our error for an answer of the API that is none; None for one that is to be read.

    asked: the operation. usual_wait: seconds to wait where the limit was met and nothing says how long.
    """
    codes = codes_of(body)
    told = f"status {status}{f', {codes[0]}' if codes else ''}"
    if status == 429 or "QuotaExceeded" in codes:
        return RateLimitedError(thing, retry_after_seconds=_wait(headers, usual_wait))
    if status >= 500 or body.lstrip()[:1] != b"{":
        failed = InternalFailureError if _INTERNAL in codes else UnavailableError
        return failed(thing, f"asked for {asked}, it answered with {told} and nothing that can be read")
    if status in {401, 403}:
        return ConfigError(thing, f"does not let bridge ask for {asked} ({told})", _ROLE, code="amazon.denied")
    if status != 200:
        cause = f"refuses what bridge asks of {asked} ({told})"
        return DocumentError(thing, cause, "Update bridge-amazon, or report this", code="amazon.refused")
    return UnavailableError(thing, f"asked for {asked}, it answered with errors ({told})") if codes else None


def token_fault(status: int, headers: Mapping[str, str], body: bytes, thing: str) -> BridgeError | None:
    """Our error for an answer of Login with Amazon; None for a token."""
    told = or_none(msgspec.Raw(body), _TokenError)
    error = told.error if told is not None else ""
    if error in {"invalid_client", "unauthorized_client"}:
        cause = f"does not know client_id and client_secret, or not as those of the refresh token ({error})"
        next_step = "Set client_id and client_secret under [plugins.amazon]: a secret ends 180 days after it was made"
        return ConfigError(thing, cause, next_step, code="amazon.client")
    if error == "invalid_grant":
        cause = "does not know the refresh token: the seller's authorisation ended, or was withdrawn"
        return ConfigError(thing, cause, _AUTHORIZE, code="amazon.refresh_token")
    if status == 429:
        return RateLimitedError(thing, retry_after_seconds=seconds_asked(headers, TOKEN_WAIT_SECONDS))
    if status != 200 or error:
        return UnavailableError(thing, f"asked for an access token, it answered with status {status}")
    return None


def _wait(headers: Mapping[str, str], usual: int) -> int:
    """How long until one more call may leave: by the rate that the answer tells, where it does."""
    rate = headers.get("x-amzn-RateLimit-Limit", "").strip()
    if _RATE.fullmatch(rate) and float(rate) > 0:
        usual = min(max(1, -int(-1 // float(rate))), _MOST_SECONDS)
    return seconds_asked(headers, usual)
