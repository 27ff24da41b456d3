"""One HTTP exchange with a sandbox, as values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bridge.errors import ConfigError

__all__ = ["BadRequestError", "Request", "Response", "html_response", "json_response"]


class BadRequestError(ConfigError):
    """A request to the admin door, or an option, cannot be read; the door answers 400 with the text."""

    code = "sandbox.bad_request"

    def __init__(self, cause: str, next_step: str = "GET /_sandbox lists what there is") -> None:
        super().__init__("sandbox", cause, next_step)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. Header names are lower case; of a repeated query parameter the last one counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Give a header's value, or "" where it was not sent."""
        return self.headers.get(name.lower(), "")

    def form(self) -> dict[str, str]:
        """Read the body as ``application/x-www-form-urlencoded``."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json_object(self) -> dict[str, Any]:
        """Read the body as a JSON object; an empty body is an empty object.

        Raises:   BadRequestError if it is anything else.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequestError(f"body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadRequestError("body must be a JSON object")
        return value


@dataclass(frozen=True, slots=True)
class Response:
    """What the sandbox answers. Content-Length, Date and Connection are the server's business."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON; for admin doors and vendors without decimals."""
    return Response(status, json.dumps(value, indent=1, default=str).encode(), headers=headers or {})


def html_response(page: str, status: int = 200) -> Response:
    """Answer with a page, as gateways do when they are in trouble."""
    return Response(status, page.encode(), "text/html; charset=utf-8")
