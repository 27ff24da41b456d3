"""What was ordered of a fake and has not struck as often as it may."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Orders"]

T = TypeVar("T")


class _Order(Generic[T]):
    """What was ordered, and how often it may still strike: None is for as long as it is not cleared."""

    def __init__(self, what: T, times: int | None, skip: int) -> None:
        self.what, self.left, self.to_skip = what, times, skip

    def take(self) -> bool:
        if self.to_skip:
            self.to_skip -= 1
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Orders(Generic[T]):
    """A queue; the earliest that matches strikes. Safe to use from many threads. Subclass it for what is ordered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[_Order[T]] = []

    def add(self, what: T, times: int | None = 1, skip: int = 0) -> None:
        """Order something ``times`` times, after the first ``skip`` that match have passed."""
        with self._lock:
            self._orders.append(_Order(what, times, skip))

    def next(self, strikes: Callable[[T], bool]) -> T | None:
        """Give the earliest that strikes, and use it up by one."""
        with self._lock:
            for order in self._orders:
                if strikes(order.what) and order.take():
                    if order.left is not None and order.left <= 0:
                        self._orders.remove(order)
                    return order.what
        return None

    def waiting(self) -> list[tuple[T, int | None]]:
        """List what is ordered, each with how often it may still strike."""
        with self._lock:
            return [(order.what, order.left) for order in self._orders]

    def clear(self) -> None:
        """Forget every order."""
        with self._lock:
            self._orders.clear()
