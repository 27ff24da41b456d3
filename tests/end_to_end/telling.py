"""A shop that tells of one order again and again, in a ledger that takes what is booked of it each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from bridge.cli.main import cli
from bridge.drift import Report
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import KeptFinding
from plugins.woocommerce.tests.shop import item, order, recorded, refund
from tests.drift.firm import adds_up
from tests.drift.reading import all_read_whole
from tests.end_to_end.shops import Shops, shops


class Told:
    """A shop that tells of one order, day after day of March; each answer is brought in, booked and delivered."""

    def __init__(self, opened: Shops, folder: Path, name: str) -> None:
        self.opened, self.name = opened, name
        self._folder, self._files = folder, 0
        self.currency, self.ledger = ("GBP", "books-gb") if name == "woo-gb" else ("USD", "books-us")

    def order(self, day: int, *refunds: int, total: str = "10.00", **more: Any) -> None:
        """The order as the shop shows it that day: its refunds of 3.00, and what it comes to."""
        stubs = [{"id": number, "total": "-3.00"} for number in refunds]
        fields = {"refunds": stubs, "currency": self.currency, "line_items": [item(total=total)], **more}
        self._take(recorded([order(total=total, **fields)], at=f"Thu, {day} Mar 2026 09:00:00 GMT"))

    def orders(self, day: int, *numbers: int, **more: Any) -> None:
        """Several orders in one answer."""
        told = [order(number, currency=self.currency, **more) for number in numbers]
        self._take(recorded(told, at=f"Thu, {day} Mar 2026 09:00:00 GMT"))

    def refund(self, day: int, number: int = 88, amount: str = "3.00") -> None:
        told = refund(number, amount, date_created_gmt="2026-03-12T10:00:00")
        at = f"Thu, {day} Mar 2026 09:00:00 GMT"
        self._take(recorded([told], path="/wp-json/wc/v3/refunds", at=at))

    def _take(self, answer: Any) -> None:
        self._files += 1
        file = self._folder / f"answer-{self._files}.json"
        file.write_text(json.dumps([answer]), encoding="utf-8")
        imported = self.opened.app.steps.import_file(self.name, file, actor="ann")
        assert imported.error is None, imported.error
        self.sync()

    def sync(self) -> None:
        self.opened.app.books.run(self.name, actor="ann")
        self.opened.deliver()

    def command(self, *words: str) -> tuple[int, str]:
        """A command of bridge: how it ends, and what it prints."""
        config = str(self._folder / "bridge.toml")
        with all_read_whole(self.opened.app) if words[0] == "drift" else nullcontext():
            done = CliRunner().invoke(cli, ["--config", config, *words], standalone_mode=False)
        assert done.exception is None, done.exception
        return int(done.return_value), done.output

    def reverse(self, kept: KeptFinding) -> None:
        """Do what the finding's own words say."""
        (said,) = [part for part in kept.finding.repair.split("`") if " reverse " in part]
        assert said == f"bridge decide {kept.finding.finding_id} reverse --reason '...'"
        words = said.replace("'...'", "checked").split()
        assert self.command(*words[1:])[0] == 0
        self.sync()

    def check(self) -> Report:
        """The check, which ends as it says."""
        report = self.opened.check(self.name)
        code, printed = self.command("drift", self.name)
        assert (code == 0) == (", matched, reconciled" in printed and "delivered through " in printed)
        every = (*report.clearings, *report.rolled)
        assert all(adds_up(each) for each in every if not each.doubt)
        return report

    def reversal(self) -> Delivery:
        """What was delivered of the document that takes another back: the voucher that is no payment."""
        with self.opened.app.store.reading() as unit:
            sent = unit.deliveries.with_state(self.ledger, DeliveryState.DELIVERED)
            made_from = {each.voucher_id: unit.entries.get(each.entry_id).entry.document_id for each in sent}
            documents = {name: unit.documents.latest(name) for name in made_from.values()}
        reversals = {name for name, kept in documents.items() if kept and kept.document.is_reversal}
        (found,) = [
            each for each in sent if each.voucher and not each.voucher.pays and made_from[each.voucher_id] in reversals
        ]
        return found


@contextmanager
def told(folder: Path, name: str, *, mode: str = "order", more: str = "") -> Iterator[Told]:
    """more: declarations at the end of the settings file."""
    with shops(folder, name, mode=mode, more=more) as opened:
        yield Told(opened, folder, name)
