"""What every plugin is held to, whatever it offers: how it is found, and that nothing is left out unsaid."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from bridge.host.loader import load
from bridge.plugin import AppSettings, ConnectionSettings, SinkOffer, SourceOffer
from bridge.testing import quiet_import
from bridge.testing.bench import Bench
from bridge.testing.verdict import none_of

C = TypeVar("C", bound=Callable[..., None])
_NEEDS = "__conformance_needs__"
_IMPORT_SECONDS = 60


def needs(*what: str) -> Callable[[C], C]:
    """Marks a check that a subclass may leave out by these names: hooks of the kit, or properties of the channel."""

    def mark(check: C) -> C:
        setattr(check, _NEEDS, what)
        return check

    return mark


class PluginConformance(ABC):
    """The base of both kits.

    module:   the name of the plugin's module, as its entry point has it.
    left_out: what this plugin has nothing of, by name, with the reason: the checks that need it are not collected.
    """

    module: ClassVar[str]
    left_out: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, what in tuple(_optional(cls)):
            if what in cls.left_out:
                setattr(cls, name, None)

    # What an author gives

    @abstractmethod
    def offer(self) -> SourceOffer | SinkOffer:
        """What the plugin offers to the host."""

    def app_settings(self) -> AppSettings:
        """The operator's settings to test with."""
        declared: type[AppSettings] = self.offer().app_settings
        return declared()

    def connection_settings(self) -> ConnectionSettings:
        """The connection's settings to test with."""
        declared: type[ConnectionSettings] = self.offer().connection_settings
        return declared()

    def plugin(self) -> object:
        """What the entry point names: the module with the hooks."""
        return importlib.import_module(self.module)

    def bench(self) -> Bench:
        """What the plugin's object is built with."""
        return Bench(self.offer(), app=self.app_settings(), settings=self.connection_settings())

    # The checks

    def test_importing_it_reaches_no_network(self) -> None:
        none_of(_reached(self.module, tuple(sys.path)))

    def test_the_host_takes_its_offer(self) -> None:
        none_of(self._refused())

    def test_what_is_left_out_has_a_reason(self) -> None:
        none_of(self._unsaid())

    # Inside

    def _refused(self) -> Iterator[str]:
        offer = self.offer()
        registry = load([_Installed(self.module, self.plugin())])
        for loaded in registry.loaded:
            if not loaded.is_ready:
                yield f"the host disables it: {loaded.code}: {loaded.cause}"
            elif offer.name not in loaded.offers:
                yield f"{self.module} registers {', '.join(loaded.offers)}, and not {offer.name}"
            elif registry.offer(offer.name).capabilities != offer.capabilities:
                yield f"{self.module} registers other capabilities than offer() declares"

    def _unsaid(self) -> Iterator[str]:
        known = {what for kit in type(self).__mro__ for _, what in _optional(kit, inherited=False)}
        for what, reason in self.left_out.items():
            if what not in known:
                yield f"left_out names {what!r}, which is none of: {', '.join(sorted(known))}"
            elif not reason.strip():
                yield f"left_out gives no reason for {what!r}"


class _Installed:
    """An entry point that is not installed."""

    dist: metadata.Distribution | None = None

    def __init__(self, name: str, plugin: object) -> None:
        self.name, self._plugin = name, plugin

    def load(self) -> object:
        return self._plugin


def _optional(kit: type, *, inherited: bool = True) -> Iterator[tuple[str, str]]:
    """The checks of a kit that may be left out, each with what it needs."""
    for name in dir(kit) if inherited else tuple(vars(kit)):
        for what in getattr(getattr(kit, name, None), _NEEDS, ()):
            yield name, what


@cache
def _reached(module: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """What speaks against how the module is imported; asked once a process."""
    script = str(Path(quiet_import.__file__))
    done = subprocess.run(  # noqa: S603 - our own program, in our own Python
        [sys.executable, script, json.dumps([str(Path(place).resolve()) for place in path]), module],
        capture_output=True,
        text=True,
        check=False,
        timeout=_IMPORT_SECONDS,
    )
    if done.stdout:
        return (f"importing {module} reaches for {done.stdout}",)
    return (f"{module} cannot be imported by itself:\n{done.stderr}",) if done.returncode else ()
