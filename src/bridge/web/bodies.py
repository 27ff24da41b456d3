"""What comes with a request, as far as it is let in."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

MOST_FORM_BYTES: Final = 1024**2
"""Of a form that brings no file."""


def within(request: Request, most: int) -> Request:
    """The same request, which ends with 413 as soon as more bytes come than that."""
    told = request.headers.get("Content-Length", "")
    if told.isdigit() and int(told) > most:
        raise HTTPException(413)
    come = 0

    async def receive() -> Message:
        nonlocal come
        message = await request.receive()
        come += len(message.get("body", b""))
        if come > most:
            raise HTTPException(413)
        return message

    return Request(request.scope, receive)
