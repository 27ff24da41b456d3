"""Stores that meet the world: a process that dies at a given write, and somebody who is quicker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bridge.store.api import Store, UnitOfWork

WRITES = frozenset(
    {
        "add",
        "add_many",
        "add_open_legs",
        "add_lines",
        "add_owners",
        "bind",
        "clear_owners",
        "confirm",
        "forget_taken",
        "forget_owner",
        "join",
        "make_live",
        "move",
        "open",
        "put",
        "put_many",
        "replace",
        "save",
        "set_state",
        "set_states",
        "set_problems",
        "settle",
        "settle_fates",
        "take_back",
    }
)


class Killed(BaseException):
    """The process is gone; nothing catches this."""


class Life:
    """Counts writes and commits, and ends before the given one."""

    def __init__(self, writes: int) -> None:
        self.left = writes

    def spend(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


class MortalStore:
    """The real store as a process sees it that dies before its n-th write or commit."""

    def __init__(self, store: Store, life: Life) -> None:
        self._store, self._life = store, life

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        with self._store.unit(actor) as uow:
            yield _Watched(uow, self._life)
            self._life.spend()

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        with self._store.reading() as uow:
            yield uow


class RacingStore:
    """The real store, where somebody else acts between what a run reads and what it writes."""

    def __init__(self, store: Store, act: Callable[[], object]) -> None:
        self._store, self._act = store, act

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        self._act()
        with self._store.unit(actor) as uow:
            yield uow

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        with self._store.reading() as uow:
            yield uow


class _Watched:
    """A unit of work, or a part of one, whose writes are counted."""

    def __init__(self, watched: Any, life: Life) -> None:
        self._watched, self._life = watched, life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._watched, name)
        if not callable(found):
            return _Watched(found, self._life)
        if name in WRITES:
            self._life.spend()
        return found
