"""Checks of the notices that a ledger sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bridge.plugin import AppSettings, Door
from bridge.testing.doors import Sent, unnoticed, unproven
from bridge.testing.plugin import PluginConformance, needs
from bridge.testing.verdict import none_of


class NoticeChecks(PluginConformance):
    """A ledger's notice is believed when it is signed, and names what it is about."""

    def noticed(self, app: AppSettings) -> tuple[Sent, ...]:
        """Some notices, signed as the ledger signs for an operator with these settings; none without a door."""
        return ()

    @needs("notices")
    def test_a_notice_of_the_ledger_names_what_it_is_about(self) -> None:
        none_of(self._told_by(lambda door, _app, sent: unnoticed(door, sent)))

    @needs("notices")
    def test_a_notice_of_the_ledger_is_proven_by_its_signature(self) -> None:
        none_of(self._told_by(unproven))

    # Inside

    def _told_by(self, check: Callable[[Door, AppSettings, Sent], Iterator[str]]) -> Iterator[str]:
        door, app = self.offer().door, self.app_settings()
        if door is None:
            return
        sent = self.noticed(app)
        if not sent:
            yield "it offers a door, and noticed() gives no notice to try it with"
        for one in sent:
            yield from check(door, app, one)
