"""The trust boundary around a plugin: out come our errors and the promised types, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from datetime import date, datetime
from functools import partial
from pathlib import PurePath
from threading import Lock
from time import monotonic
from typing import Any, Final, NoReturn, TextIO, TypeVar

import msgspec
from pluggy import PluginValidationError

from bridge.errors import BridgeError, InvariantError, PluginError, of_disk
from bridge.host.fence import Fence
from bridge.host.side_thread import OverrunError, SideThread
from bridge.store.api import is_writing

T = TypeVar("T")
NO_HOSTS: Final[frozenset[str]] = frozenset()
_AUTHOR = "Report this to the plugin's author"
_AS_THEY_ARE: Final = (bytes, date, datetime)
_TOGETHER_SECONDS: Final = 0.02


class Guard:
    """Stands around the calls of one plugin for one purpose (a connection, its loading).

    seconds: how long any call, or any page of an iterator, may take. None is made while a unit of work writes: others
    wait for it.
    """

    def __init__(self, plugin: str, purpose: str, *, hosts: frozenset[str], seconds: float) -> None:
        self.thing = f"plugin {plugin}" + (f" ({purpose})" if purpose else "")
        self._plugin, self._purpose, self._hosts, self._seconds = plugin, purpose, hosts, seconds
        self._thread = SideThread(f"bridge-plugin-{plugin}")

    def for_hosts(self, hosts: frozenset[str]) -> Guard:
        """The same guard for a plugin that has declared its hosts."""
        return Guard(self._plugin, self._purpose, hosts=hosts, seconds=self._seconds)

    def call(self, name: str, work: Callable[[], T], *, is_pure: bool = False, is_loading: bool = False) -> T:
        """What the work returns; a pure call may reach no host at all.

        Raises: our errors as the plugin raised them; PluginError for everything else. KeyboardInterrupt
        passes, but while a plugin is loading: one that it raises itself is its fault. What a plugin prints goes to
        standard error. InvariantError ``plugin.in_unit`` when a unit of work waits for it that must not.
        """
        if is_writing():
            raise InvariantError(
                f"{self.thing} {name}",
                "was called while a unit of work writes",
                "Report this as a bug of bridge",
                code="plugin.in_unit",
            )
        careful = (lambda: _uninterrupted(work)) if is_loading else work
        fence = Fence(f"{self.thing} {name}", NO_HOSTS if is_pure else self._hosts)
        try:
            with _HUSH:
                value = self._thread.run(lambda: fence.around(careful), self._seconds)
        except OverrunError:
            raise self._broken(name, f"did not return within {self._seconds:g} s", "plugin.deadline") from None
        except _OwnInterruptError:
            raise self._broken(name, "raised KeyboardInterrupt", "plugin.exception") from None
        except (Exception, SystemExit, GeneratorExit) as cause:
            if fence.reached:
                raise fence.refusal() from cause
            self._translate(name, cause)
        if fence.reached:
            raise fence.refusal()
        return value

    def pages(
        self, name: str, work: Callable[[], Iterator[T]], *, together: int = 1, is_pure: bool = False
    ) -> Iterator[T]:
        """The pages of an iterator, each within the deadline. Raises: as ``call`` does, after the pages before it.

        together: so many at a time where they come fast, because each call costs more than a small page does. Those
        read before a page that hangs are then lost with it.
        """
        pages = self.call(name, lambda: iter(work()), is_pure=is_pure)
        try:
            fault: BaseException | None = None
            while some := self.call(name, partial(_some, pages, fault, together), is_pure=is_pure):
                given, fault = some
                yield from given
        finally:
            close = getattr(pages, "close", None)
            if close is not None:
                with suppress(PluginError):
                    self.call(name, close)

    def one(self, name: str, value: object, *promised: type[T]) -> T:
        """The value, made again as one of the promised types. Raises: PluginError when it is none of them."""
        kind: Any = type(value)
        if kind in promised:
            remade: T = self._remade(name, value, kind)
            return remade
        names = " or ".join(kind.__name__ for kind in promised)
        raise self._broken(name, f"returned {type(value).__name__} where {names} is promised", "plugin.type")

    def each(self, name: str, values: object, *promised: type[T]) -> tuple[T, ...]:
        """The same for a tuple of values."""
        if not isinstance(values, tuple):
            raise self._broken(name, f"returned {type(values).__name__} where a tuple is promised", "plugin.type")
        return tuple(self.one(name, value, *promised) for value in values)

    def broken(self, name: str, fault: str) -> PluginError:
        """For a promise of the contract that types do not express."""
        return self._broken(name, fault, "plugin.contract")

    def _remade(self, name: str, value: T, kind: type[T]) -> T:
        """A struct checks its fields' types only when it is read: so it is taken apart and read."""
        try:
            if issubclass(kind, msgspec.Struct):
                parts: Any = msgspec.to_builtins(value, builtin_types=_AS_THEY_ARE)
                return msgspec.convert(parts, kind, builtin_types=_AS_THEY_ARE)
        except (ValueError, TypeError, OverflowError, RecursionError) as cause:
            fault = str(cause) if isinstance(cause, msgspec.ValidationError) else "a field is of no type that is stored"
            raise self._broken(name, f"returned a {kind.__name__} that does not hold: {fault}", "plugin.type") from None
        except InvariantError as cause:
            self._translate(name, cause)
        return value

    def _translate(self, name: str, cause: BaseException) -> NoReturn:
        """Our errors go through; an invariant broken inside a plugin is the plugin's bug, not ours."""
        if isinstance(cause, InvariantError):
            fault = f"broke a promise of the model: {cause.thing}, {cause.cause}"
            raise self._broken(name, fault, "plugin.invariant") from cause
        if isinstance(cause, BridgeError):
            raise cause
        if disk := of_disk(cause):
            raise disk from cause
        # What an exception says may hold a secret or a buyer's data, so only its type and place are told; the
        # import system and pluggy speak of names in code alone.
        said = f" ({_printable(str(cause))})" if isinstance(cause, ImportError | PluginValidationError) else ""
        raise self._broken(name, f"raised {type(cause).__name__}{_place(cause)}{said}", "plugin.exception") from cause

    def _broken(self, name: str, fault: str, code: str) -> PluginError:
        return PluginError(f"{self.thing} {name}", fault, _AUTHOR, code=code)


class _OwnInterruptError(Exception):
    """A plugin raised KeyboardInterrupt; a person's arrives in the main thread, where no plugin runs."""


def _some(
    pages: Iterator[T], fault: BaseException | None, together: int
) -> tuple[list[T], BaseException | None] | None:
    """The next pages, and what was raised after them, to be raised the next time; None when there are no more."""
    if fault is not None:
        raise fault
    some: list[T] = []
    ends = monotonic() + _TOGETHER_SECONDS
    try:
        for page in pages:
            some.append(page)
            if len(some) >= together or monotonic() > ends:
                break
    except BaseException as error:  # it is not lost: what was given before it goes first
        if not some:
            raise
        return some, error
    return (some, None) if some else None


def _uninterrupted(work: Callable[[], T]) -> T:
    try:
        return work()
    except KeyboardInterrupt as cause:
        raise _OwnInterruptError from cause


class _Hush:
    """While any plugin's call runs, standard output is standard error: what is printed for a machine stays whole."""

    def __init__(self) -> None:
        self._lock, self._calls = Lock(), 0
        self._redirection: redirect_stdout[TextIO] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._calls:
                self._redirection = redirect_stdout(sys.stderr)
                self._redirection.__enter__()
            self._calls += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            if not self._calls and self._redirection is not None:
                self._redirection.__exit__(None, None, None)
                self._redirection = None


_HUSH: Final = _Hush()


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def _place(error: BaseException) -> str:
    """Where it was raised: file and line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
