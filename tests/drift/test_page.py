"""The page as a tired bookkeeper reads it: the worst first, each finding with its commands, on paper and on a phone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser

import msgspec

from bridge.drift.report.greens import red
from bridge.drift.report.pages import to_html, to_json
from bridge.drift.report.turning import TURNS, Name
from tests.docs.pages import ROOT
from tests.drift.firm import Firm, codes, paid
from tests.drift.test_report import Page

ONE, BANK = "S1 2026-06", "S1 bank"
OTHER, CA = "ca", "amazon-ca"


class Cells(HTMLParser):
    """The tables of a page, by class, and the cells that a narrow screen shows one under another."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[str] = []
        self.cells: list[tuple[Mapping[str, str | None], str]] = []
        self._in: Mapping[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append(dict(attrs).get("class") or "")
        if tag == "td":
            self._in = dict(attrs)
            self.cells.append((self._in, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._in = None

    def handle_data(self, data: str) -> None:
        if self._in is not None:
            given, words = self.cells[-1]
            self.cells[-1] = given, words + data.strip()


def test_the_worst_route_comes_first_with_what_is_at_stake(firm: Firm) -> None:
    firm.add_route(OTHER, CA, clearing="1210", prefix="CAN")
    firm.bring_in(paid("S1"))
    firm.bring_in(paid("C1", "60.00"), source=CA)
    firm.ledger.delete(firm.ref("C1 bank"))
    firm.ledger.move(firm.ref("C1 2026-06"), "4000", "6000", 7_00)
    firm.ledger.edit_date(firm.ref(BANK), date(2026, 6, 17))

    quiet, loud = firm.check(), firm.check(OTHER)
    html = to_html((quiet, loud))
    text = Page(html).text

    assert text.index("amazon-ca no no no 2 52.00 USD") < text.index("amazon-us yes no yes 1 no amount")
    assert loud.at_stake_minor == {"USD": 52_00}
    assert json.loads(to_json((quiet, loud)))["routes"][1]["at_stake_minor"] == {"USD": 52_00}
    assert html.index('<section id="route-1">') < html.index("CAN-") < html.index('<section id="route-2">')


def test_the_gravest_and_largest_finding_comes_first(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.bring_in(paid("S2", "900.00", opened="2026-06-14 20:00", closed="2026-06-20 20:00", pays="2026-06-22 12:00"))
    firm.ledger.move(firm.ref("S1 2026-06"), "4000", "6000", 3_00)
    firm.ledger.move(firm.ref("S2 2026-06"), "4000", "6000", 80_00)
    firm.ledger.edit_date(firm.ref(BANK), date(2026, 6, 17))

    amounts = [kept.finding.amount_minor for kept in firm.check().open_findings]

    assert amounts == [-80_00, -3_00, 0]


def test_every_finding_says_the_command_that_accepts_it(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.delete(firm.ref(ONE))
    firm.ledger.edit_date(firm.ref(BANK), date(2026, 6, 17))

    report = firm.check()
    text = Page(to_html((report,))).text

    assert len(report.open_findings) == 2
    for kept in report.open_findings:
        assert f"To accept it as it is: bridge decide {kept.finding.finding_id} accept --reason '...'" in text


def test_what_waits_says_the_command_that_brings_it_on(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.change_route(review=True)
    firm.run()

    repairs = [kept.finding.repair for kept in firm.check().open_findings]

    assert repairs == [
        f"Run `bridge decide {kept.finding.subject} release --reason '...'`, then `bridge sync`"
        for kept in firm.check().open_findings
    ]
    firm.change_route(review=False)
    firm.pass_days(1)
    firm.run()
    assert {kept.finding.repair for kept in firm.check().open_findings} == {"Run `bridge deliver`"}


def test_a_deleted_entry_lists_its_lines_to_be_entered_again(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.delete(firm.ref(ONE))

    text = Page(to_html((firm.check(),))).text

    assert "As it was booked Description Debit Credit" in text
    assert "4000 Product sales sale.product 100.00" in text
    assert "1200 Amazon clearing Total of Amazon settlement S1 85.00" in text
    assert "Enter it again, dated 2026-06-14, with the lines below" in text


def test_on_a_narrow_screen_every_table_is_stacked_and_every_figure_says_what_it_is(firm: Firm) -> None:
    """Nothing scrolls sideways, so that no finding and no balance is out of sight."""
    firm.bring_in(paid("S1"), paid("S2", opened="2026-06-14 20:00", closed="2026-06-29 20:00", pays="2026-07-03 12:00"))
    firm.ledger.delete(firm.ref(ONE))
    firm.ledger.move(firm.ref(BANK), "1000", "1200", 5_00)
    firm.ledger.add_foreign(date(2026, 6, 20), [("6120", 39_99), ("1200", -39_99)])
    report = firm.check()
    firm.accept(report.open_findings[0])
    firm.add_route(OTHER, CA, prefix="CAN")
    firm.bring_in(paid("C1"), source=CA)
    html = to_html((firm.check(), firm.check(OTHER)))

    page = Cells(html)

    assert {words.split()[-1] for words in page.tables} <= {"stack", "overview", "ages"}
    figures = [(given, words) for given, words in page.cells if "n" in (given.get("class") or "").split()]
    assert figures
    assert [words for given, words in figures if words and not given.get("data-is")] == []
    assert "overflow-x" not in html


def test_the_page_lists_what_turns_each_green_red(firm: Firm) -> None:
    firm.bring_in(paid("S1"))

    text = Page(to_html((firm.check(),))).text

    assert text.count("What turns a green red") == 1
    for name, reasons in {green: red(green) for green in Name}.items():
        assert f"{name.capitalize()} {reasons[0]}" in text


def test_the_explanation_names_every_code_that_turns_a_green_red() -> None:
    written = (ROOT / "docs/explanation/drift.md").read_text(encoding="utf-8")

    for code in TURNS:
        assert f"`{code}`" in written, code


def test_a_green_that_left_something_out_says_how_many(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.move(firm.ref(ONE), "4000", "6000", 10)
    firm.accept(firm.check().open_findings[0])

    report = firm.check()

    assert codes(report) == []
    assert [green.words for green in report.greens] == ["yes", *["yes, with 1 accepted (0.10 USD)"] * 2]
    assert "matched yes, with 1 accepted (0.10 USD)" in Page(to_html((report,))).text


def test_a_green_that_nothing_proves_is_neither_yes_nor_no(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.tells_balances = False

    report = firm.check()
    html = to_html((report,))

    assert report.reconciled.answer == "not proven"
    assert "1200 Amazon clearing cannot be compared: the ledger tells no balance" in report.reconciled.why
    assert 'class="tag unproven"' in html
    assert [green["answer"] for green in json.loads(to_json((report,)))["routes"][0]["greens"]] == [
        "yes",
        "yes",
        "not proven",
    ]
    assert msgspec.json.decode(to_json((report,)))["routes"][0]["reconciled"] is False
