"""Keeps notices, many in one transaction: whoever brings one is answered when its group is committed."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from bridge import log, metrics
from bridge.errors import BridgeError, TransientError
from bridge.model.notices import Notice
from bridge.store.api import Inbox

MOST_WAITING: Final = 2_000
MOST_TOGETHER: Final = 500


class _Brought(msgspec.Struct, frozen=True):
    notices: Sequence[Notice]
    loop: asyncio.AbstractEventLoop
    kept: asyncio.Future[None]


class Intake:
    """One thread that writes, begun with the first notice. While it commits a group, the next one gathers.

    Killed: what was not committed was not answered either, and its vendor sends it again.
    """

    def __init__(self, inbox: Inbox, most_waiting: int = MOST_WAITING) -> None:
        self._inbox = inbox
        self._waiting: queue.Queue[_Brought | None] = queue.Queue(most_waiting)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._log = log.get("doors")

    async def keep(self, notices: Sequence[Notice]) -> None:
        """Return when these are kept for good. Raises: TransientError ``notice.full``, or as the store does."""
        self._start()
        loop = asyncio.get_running_loop()
        brought = _Brought(notices, loop, loop.create_future())
        try:
            self._waiting.put_nowait(brought)
        except queue.Full:
            cause, step = "more come than can be kept just now", "Nothing to do: vendors send them again"
            raise TransientError("notices", cause, step, code="notice.full") from None
        await brought.kept

    def close(self) -> None:
        """Keep what was brought, and end."""
        with self._starting:
            if self._thread is not None:
                self._waiting.put(None)
                self._thread.join()
                self._thread = None

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="bridge-intake", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, is_last = self._gathered(first)
            error = self._saved(group)
            if error is None or isinstance(error, TransientError):
                self._tell(group, error)
            else:  # one of them is at fault, and the others are not refused with it
                for one in group:
                    self._tell([one], self._saved([one]) if len(group) > 1 else error)
            if is_last:
                return

    @staticmethod
    def _tell(group: Sequence[_Brought], error: Exception | None) -> None:
        for one in group:
            with suppress(RuntimeError):  # whoever brought it is gone with its loop
                one.loop.call_soon_threadsafe(_answer, one.kept, error)

    def _gathered(self, first: _Brought) -> tuple[list[_Brought], bool]:
        group = [first]
        while len(group) < MOST_TOGETHER:
            try:
                brought = self._waiting.get_nowait()
            except queue.Empty:
                break
            if brought is None:
                return group, True
            group.append(brought)
        return group, False

    def _saved(self, group: Sequence[_Brought]) -> Exception | None:
        notices = [notice for one in group for notice in one.notices]
        try:
            metrics.count("bridge_notices_repeated", len(notices) - self._inbox.save(notices))
        except BridgeError as error:
            self._log.warning("notices were not kept", many=len(notices), code=error.code)
            return error
        except Exception as bug:  # noqa: BLE001 - the thread outlives whatever befalls one group
            self._log.error("notices were not kept", many=len(notices), error=type(bug).__name__)
            return bug
        return None


def _answer(kept: asyncio.Future[None], error: Exception | None) -> None:
    if kept.done():  # whoever asked is gone
        return
    if error is None:
        kept.set_result(None)
    else:
        kept.set_exception(error)
