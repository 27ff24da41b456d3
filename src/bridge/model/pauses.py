"""Pauses: what a person stopped, until a person says otherwise. No sign-in and no repair ends one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec


class Scope(StrEnum):
    """What is stopped: all that is done with a connection; or every voucher on its way into a ledger."""

    CONNECTION = "connection"
    DELIVERIES = "deliveries"


class Pause(msgspec.Struct, frozen=True):
    """One thing that a person stopped.

    subject: the connection; of deliveries, the plugin whose ledgers are meant, or ``plugin version`` for that version
             of it alone; empty for all of them.
    """

    scope: Scope
    subject: str
    by: str
    reason: str
    at: datetime

    @property
    def words(self) -> str:
        """By whom, since when, and why, as a phrase."""
        why = f": {self.reason}" if self.reason else ""
        return f"paused by {self.by} at {self.at:%Y-%m-%d %H:%M} UTC{why}"

    @property
    def next_step(self) -> str:
        """What ends it."""
        if self.scope is Scope.CONNECTION:
            return f"To let it work again: `bridge resume {self.subject}`"
        options = zip((" --plugin ", " --version "), self.subject.split(), strict=False)
        call = "bridge stop-deliveries --lift" + "".join(map("".join, options))
        return f"To let vouchers go again: `{call}`"


def subject_of(plugin: str, version: str) -> str:
    """What a pause of deliveries is about: everything where both are empty."""
    return f"{plugin} {version}".strip()


def of_connection(pauses: Iterable[Pause], connection: str) -> Pause | None:
    """The pause of a connection."""
    return next((one for one in pauses if (one.scope, one.subject) == (Scope.CONNECTION, connection)), None)


def of_deliveries(pauses: Iterable[Pause], plugin: str, version: str) -> Pause | None:
    """What keeps vouchers from the ledgers of a plugin, as it is installed; the widest first."""
    meant = ("", plugin, subject_of(plugin, version))
    stopping = [one for one in pauses if one.scope is Scope.DELIVERIES and one.subject in meant]
    return min(stopping, key=lambda one: meant.index(one.subject), default=None)
