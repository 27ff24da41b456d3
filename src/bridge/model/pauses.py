"""Pauses: what a person stopped, until a person says otherwise. No sign-in and no repair ends one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec


class Scope(StrEnum):
    """What is stopped: all that is done for an organisation, or with a connection; or vouchers on their way."""

    ORGANISATION = "organisation"
    CONNECTION = "connection"
    DELIVERIES = "deliveries"


class Pause(msgspec.Struct, frozen=True):
    """One thing that a person stopped.

    subject: the connection; of deliveries, the plugin whose ledgers are meant, or ``plugin version`` for that version
             of it alone; empty for all of them, and for the organisation.
    is_everywhere: it is of every organisation, and only an operator ends it.
    """

    scope: Scope
    subject: str
    by: str
    reason: str
    at: datetime
    is_everywhere: bool = False

    @property
    def words(self) -> str:
        """By whom, since when, and why, as a phrase."""
        why = f": {self.reason}" if self.reason else ""
        return f"paused by {self.by} at {self.at:%Y-%m-%d %H:%M} UTC{why}"

    @property
    def next_step(self) -> str:
        """What ends it."""
        if self.scope is Scope.ORGANISATION:
            return "Ask the operator, who lets it go on by `bridge organisations resume`"
        if self.scope is Scope.CONNECTION:
            return f"To let it work again: `bridge resume {self.subject}`"
        options = zip((" --plugin ", " --version "), self.subject.split(), strict=False)
        call = "bridge stop-deliveries --lift" + "".join(map("".join, options)) + " --everywhere" * self.is_everywhere
        return f"To let vouchers go again: `{call}`"


def subject_of(plugin: str, version: str) -> str:
    """What a pause of deliveries is about: everything where both are empty."""
    return f"{plugin} {version}".strip()


def of_organisation(pauses: Iterable[Pause]) -> Pause | None:
    """What stops everything."""
    return next((one for one in pauses if one.scope is Scope.ORGANISATION), None)


def of_connection(pauses: Iterable[Pause], connection: str) -> Pause | None:
    """What keeps a connection from work, the widest first."""
    meant = {(Scope.ORGANISATION, ""), (Scope.CONNECTION, connection)}
    stopping = [one for one in pauses if (one.scope, one.subject) in meant]
    return min(stopping, key=lambda one: one.scope is Scope.CONNECTION, default=None)


def of_deliveries(pauses: Iterable[Pause], plugin: str, version: str) -> Pause | None:
    """What keeps vouchers from the ledgers of a plugin, as it is installed; the widest first."""
    meant = ("", plugin, subject_of(plugin, version))
    stopping = [one for one in pauses if one.scope is Scope.DELIVERIES and one.subject in meant]
    return min(stopping, key=lambda one: (not one.is_everywhere, meant.index(one.subject)), default=None)
