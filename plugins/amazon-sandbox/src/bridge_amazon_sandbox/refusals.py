"""How Amazon says no. Source: SP-API models, 2026-08-05; answers that users of clients reported."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.sandbox import Response, encode


class RefusalError(Exception):
    """Ends a request with an answer of Amazon's own."""

    def __init__(
        self, status: int, code: str, message: str, details: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        body = encode({"errors": [{"code": code, "message": message, "details": details}]})
        self.response = Response(status, body, headers=headers or {})


def invalid(details: str) -> RefusalError:
    """What was asked cannot be meant."""
    return RefusalError(400, "InvalidInput", "Invalid input", details)


def not_found(what: str) -> RefusalError:
    """There is no such thing, or not any more."""
    return RefusalError(404, "NotFound", f"{what} not found")


def denied(details: str) -> RefusalError:
    """The access token is missing, ended, or of another seller."""
    return RefusalError(403, "Unauthorized", "Access to requested resource is denied.", details)


def over_quota(rate: float) -> RefusalError:
    """The bucket of an operation is empty."""
    message = "You exceeded your quota for the requested resource."
    return RefusalError(429, "QuotaExceeded", message, headers={"x-amzn-RateLimit-Limit": f"{rate:g}"})


def token_refusal(error: str, description: str) -> Response:
    """Login with Amazon gives no token."""
    return Response(
        401 if error == "invalid_client" else 400, encode({"error": error, "error_description": description})
    )


def expired() -> Response:
    """A presigned address is not good any more, or was asked for with more than it was signed for."""
    page = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    return Response(403, page.encode(), "application/xml")
