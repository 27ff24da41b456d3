"""What is read of a request: no more than it may have, as it came, and not for longer than vendors wait."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

SECONDS: Final = 5
MOST_HELD: Final = 64 * 1024 * 1024
"""Of all bodies that are read at once."""


class Bodies:
    """Reads bodies. held: how much of them is in memory now."""

    def __init__(self, most_held: int = MOST_HELD) -> None:
        self.held, self._most_held = 0, most_held

    async def read(self, request: Request, most: int) -> bytes:
        """The raw body. Raises: HTTPException for one that is packed, too large, too slow, or one too many."""
        if request.headers.get("content-encoding", "identity") != "identity":
            raise HTTPException(415)  # nothing is unpacked here, so that nothing can burst
        told = request.headers.get("content-length", "0")
        if not told.isascii() or not told.isdigit():
            raise HTTPException(400)
        if len(told) > 10 or int(told) > most:
            raise HTTPException(413)
        try:
            async with asyncio.timeout(SECONDS):
                return await self._read(request, most)
        except TimeoutError:
            raise HTTPException(408) from None
        except ClientDisconnect:
            raise HTTPException(400) from None

    async def _read(self, request: Request, most: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        try:
            async for piece in request.stream():
                size += len(piece)
                self.held += len(piece)
                if size > most:
                    raise HTTPException(413)
                if self.held > self._most_held:
                    raise HTTPException(503, headers={"Retry-After": "5"})
                pieces.append(piece)
        finally:
            self.held -= size
        return b"".join(pieces)
