"""Forms as they come in: so large at most, so many fields, and made by a page of ours."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Any, Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from bridge.errors import disk_told

CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"
LARGEST_FORM: Final = 2 * 1024**2
SECONDS: Final = 60.0
_MOST_FIELDS: Final = 10_000
_MOST_FILES: Final = 20


async def form_of(request: Request, largest: int = LARGEST_FORM, seconds: float | None = SECONDS) -> FormData:
    """What was sent. seconds: how long it may take; None: as long as it comes.

    Raises: HTTPException 413 for more bytes than that, 408 for later, 415 for letters in another coding than ours, 400
            for no form, too many fields, or a zero byte, which no database takes.
    """
    _check_coding(request.headers.get("content-type", ""))
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > largest:
        raise HTTPException(413)
    counted = Request(request.scope, _Counted(request, largest).receive)
    try:
        with disk_told():  # beyond a megabyte files go there
            async with asyncio.timeout(seconds):
                form = await counted.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=LARGEST_FORM)
    except TimeoutError:
        raise HTTPException(408) from None
    if any("\0" in told for pair in form.multi_items() for told in pair if isinstance(told, str)):
        await form.close()
        raise HTTPException(400)
    return form


def _check_coding(told: str) -> None:
    """Some that Python knows take hours for a form of two megabytes, and whoever sends it chooses."""
    charset = parse_options_header(told)[1].get(b"charset", b"utf-8")
    if charset.lower() not in (b"utf-8", b"utf8"):
        raise HTTPException(415)


class _Counted:
    """What a request sends, until it is too much."""

    def __init__(self, request: Request, largest: int) -> None:
        self._request, self._left = request, largest

    async def receive(self) -> Message:
        message = await self._request.receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        return message


def check_ours(request: Request, form: Mapping[str, Any], csrf: str) -> None:
    """Raises: HTTPException 403 for a form that was not made for who has this token."""
    if not is_ours(request, form, csrf):
        raise HTTPException(403, "This form is of another session, or too old: load its page anew, and send it again.")


def is_ours(request: Request, form: Mapping[str, Any], csrf: str) -> bool:
    """Whether a form was made for who has this token."""
    told = request.headers.get(CSRF_HEADER) or form.get(CSRF_FIELD, "")
    return bool(csrf) and isinstance(told, str) and hmac.compare_digest(told.encode(), csrf.encode())
