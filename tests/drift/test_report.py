"""The working paper: the same layout every week, for people, spreadsheets and machines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from html.parser import HTMLParser

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from bridge.drift import Report
from bridge.drift.report.pages import COLUMNS, to_csv, to_html, to_json
from bridge.model.connections import Connection, Side
from tests.drift.firm import AMAZON, Firm, MakeFirm, paid

ONE = "S1 2026-06"
HOSTILE = '"><script src="https://evil.example/x.js">alert(1)</script><img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def bad_week(firm: Firm) -> Report:
    """One of each kind: an error, a warning, an accepted difference, a payout on its way, a late one."""
    firm.bring_in(
        paid("S1", "1200.00", more="2026-06-02 balance.paid 30.00"),
        paid("S2", "300.00", opened="2026-06-14 20:00", closed="2026-06-29 20:00", pays="2026-07-03 12:00"),
        paid("S0", opened="2025-12-01 12:00", closed="2025-12-14 20:00", pays="2025-12-16 12:00"),
    )
    firm.ledger.edit_date(firm.ref(ONE), date(2026, 6, 15))
    firm.accept(firm.check().open_findings[0], reason=f"agreed {HOSTILE}", days=30)
    firm.ledger.move(firm.ref(ONE), "4000", "1200", 1_250_00)
    firm.ledger.add_foreign(date(2026, 6, 20), [("6120", 39_99), ("1200", -39_99)], number="E-9", memo=HOSTILE)
    firm.ledger.add_foreign(date(2026, 6, 3), [("1200", 30_00), ("2050", -30_00)], type="Purchase")
    return firm.check()


def test_the_page_fetches_nothing_and_runs_nothing(bad_week: Report) -> None:
    html = to_html((bad_week,))

    page = Page(html)
    named = {tag for tag, _ in page.tags}
    assert not named & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "svg", "audio", "video"}
    assert all(not name.startswith("on") and name != "src" for _, given in page.tags for name in given)
    assert all((given.get("href") or "#").startswith("#") for _, given in page.tags)
    assert not re.search(r"url\(|@import|https?://", re.sub(r"https://evil\.example", "", html))


def test_hostile_words_are_shown_and_do_nothing(bad_week: Report) -> None:
    html = to_html((bad_week,))

    assert "<script" not in html
    assert "<img" not in html
    assert Page(html).text.count("alert(1)") == 2


def test_names_from_the_ledger_and_the_channel_are_escaped_everywhere(bad_week: Report) -> None:
    kept = bad_week.findings[0]
    spoilt = msgspec.structs.replace(
        bad_week,
        route=HOSTILE,
        source=HOSTILE,
        source_account=HOSTILE,
        ledger=HOSTILE,
        company=HOSTILE,
        time_zone=HOSTILE,
        findings=(
            msgspec.structs.replace(
                kept,
                finding=msgspec.structs.replace(
                    kept.finding, title=HOSTILE, cause=HOSTILE, repair=f"`{HOSTILE}`", evidence=((HOSTILE,) * 3,)
                ),
            ),
        ),
    )

    html = to_html((spoilt, spoilt))

    assert "<script" not in html
    assert "<img" not in html


def test_the_page_says_what_a_bookkeeper_signs(bad_week: Report) -> None:
    text = Page(to_html((bad_week,))).text

    assert (
        "For Example Company , amazon-us, 2026-01-01 to 2026-07-01: clearing 0.00 + 2,750.00 − 1,254.99 = 1,495.01"
        in text
    )
    assert "2 payouts expected, 1 posted; 1 of 2 settlements with the clearing total tied" in text
    assert "2 findings open, 1 accepted with reason" in text
    assert "Prepared by bridge Reviewed by Date" in text
    assert "Proved on simulators" in text
    assert bad_week.audit_head in text


def test_amounts_are_grouped_with_a_real_minus_and_numbers_are_not(bad_week: Report) -> None:
    text = Page(to_html((bad_week,))).text

    assert "−1,200.00 −2,450.00" in text
    assert "−39.99 USD" in text
    assert "JournalEntry E-9" in text


def test_each_amount_says_what_it_is(bad_week: Report) -> None:
    text = Page(to_html((bad_week,))).text
    rows = list(csv.DictReader(io.StringIO(to_csv((bad_week,)))))
    told = json.loads(to_json((bad_week,)))["routes"][0]["findings"]

    assert "\N{MINUS SIGN}39.99 USD put in, 1200 Amazon clearing" in text
    changed, put_in = "changed, 1200 Amazon clearing", "put in, 1200 Amazon clearing"
    assert [row["amount_is"] for row in rows] == [changed, put_in, ""]
    assert {one["finding"]["code"]: one["finding"]["amount_is"] for one in told} == {
        "drift.amount": changed,
        "drift.foreign": put_in,
        "drift.date": "",
    }


@pytest.mark.parametrize(("kind", "words"), [("delete", "deleted in"), ("void", "voided in"), ("forget", "gone from")])
def test_an_entry_that_was_taken_out_is_neither_delivered_nor_matched(firm: Firm, kind: str, words: str) -> None:
    """D03."""
    firm.bring_in(paid("S1"))
    getattr(firm.ledger, kind)(firm.ref("S1 bank"))

    report = firm.check()

    assert (report.is_delivered, report.is_matched) == (False, False)
    text = Page(to_html((report,))).text
    assert f"delivered no 1 entry {words} the ledger since." in text
    assert re.search(rf"matched no .* but 1 entry {words} the ledger since\.", text)


@pytest.mark.parametrize(
    "edit",
    [
        lambda firm: firm.ledger.duplicate(firm.ref(ONE), keeps_key=False),
        lambda firm: firm.ledger.move(firm.ref(ONE), "4000", "6000", 10),
        lambda firm: firm.ledger.edit_currency(firm.ref(ONE), "EUR"),
        lambda firm: firm.ledger.edit_date(firm.ref(ONE), date(2026, 5, 31)),
    ],
    ids=["copied", "amount", "currency", "month"],
)
def test_an_entry_that_was_altered_is_delivered_and_not_matched(firm: Firm, edit: Callable[[Firm], object]) -> None:
    firm.bring_in(paid("S1"))
    edit(firm)

    report = firm.check()

    assert (report.is_delivered, report.is_matched) == (True, False)


def test_a_date_that_somebody_moved_is_not_matched_even_within_its_month(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.edit_date(firm.ref(ONE), date(2026, 6, 15))

    report = firm.check()

    assert list(report.counts) == ["drift.date"]
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, False, True)


def test_an_accepted_difference_no_longer_counts_against_the_greens(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.move(firm.ref(ONE), "4000", "6000", 10)
    (found,) = firm.check().open_findings
    firm.accept(found)

    assert firm.check().is_matched


def test_a_clean_week_has_the_same_layout_and_says_so(firm: Firm) -> None:
    """D28: the same headings every week."""
    firm.bring_in(paid("S1"))
    html = to_html((firm.check(),))

    assert "None. The ledger says what it was told." in html
    assert "Nothing: the account is empty, as it should be." in html
    headings = re.findall(r"<h3>([^:<]+)", html)
    assert headings == [
        "Findings",
        "Settlements, three ways",
        "What stands in the clearing account 1200 Amazon clearing",
        "Other accounts of the balance sheet",
    ]


def test_several_routes_open_with_a_summary(firm: Firm, bad_week: Report) -> None:
    good = msgspec.structs.replace(bad_week, company="Quiet Ltd", findings=())
    page = Page(to_html((bad_week, good)))

    assert [given["href"] for tag, given in page.tags if tag == "a"] == ["#route-1", "#route-2"]
    assert [given["id"] for tag, given in page.tags if tag == "section"] == ["route-1", "route-2", "greens"]


def test_an_unexplained_balance_is_shown_in_the_equation_and_the_findings(make_firm: MakeFirm) -> None:
    """D14."""
    firm = make_firm(opening_minor=10_00)
    firm.bring_in(paid("S1"))

    text = Page(to_html((firm.check(),))).text

    assert "Unexplained −10.00" in text
    assert "1200 Amazon clearing is off by -10.00 USD that nothing explains." in text


def test_yen_have_no_decimals(make_firm: MakeFirm) -> None:
    firm = make_firm(currency="JPY", tax_regime="not_registered")
    firm.receive_in("JPY", paid("S1", "120000", "-18000"))
    firm.run()
    firm.deliver()
    firm.ledger.move(firm.ref(ONE), "4000", "1200", 12_345)

    report = firm.check()

    assert report.is_delivered
    text = Page(to_html((report,))).text
    assert "−12,000,000 −12,012,345" in text
    assert "Out 10,200,000" in text
    assert "12345" in to_csv((report,))
    assert "123.45" not in to_csv((report,))


def test_the_csv_has_a_row_a_finding_and_no_formulas(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.move(firm.ref(ONE), "4000", "6000", 10)
    report = firm.check()
    kept = report.findings[0]
    finding = msgspec.structs.replace(kept.finding, title="=HYPERLINK(1)", cause="@SUM(A1)", repair="+1", ref="-2")
    accepted = msgspec.structs.replace(kept, finding=finding, accepted_reason="\t=1\x1b[2J\u202e")
    rows = list(csv.reader(io.StringIO(to_csv((msgspec.structs.replace(report, findings=(accepted,)),)))))

    assert rows[0] == list(COLUMNS)
    row = dict(zip(rows[0], rows[1], strict=True))
    assert (row["title"], row["cause"], row["repair"]) == ("'=HYPERLINK(1)", "'@SUM(A1)", "'+1")
    assert (row["object"], row["accepted_reason"]) == ("'-2", "'\t=1\ufffd[2J\ufffd")
    assert (row["amount"], row["currency"], row["first_seen"]) == ("-0.10", "USD", "2026-07-01")


def test_the_csv_lists_open_and_accepted_findings(bad_week: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv((bad_week,)))))

    assert [(row["state"], row["code"]) for row in rows] == [
        ("open", "drift.amount"),
        ("open", "drift.foreign"),
        ("accepted", "drift.date"),
    ]
    assert rows[2]["accepted_by"] == "ann"


def test_the_json_keeps_its_names(bad_week: Report, snapshot: SnapshotAssertion) -> None:
    """D28: whoever reads it by program finds the same names next week."""
    told = msgspec.structs.replace(bad_week, audit_head="0" * 64)

    assert json.loads(to_json((told,))) == snapshot


def test_a_report_of_a_company_without_a_name_is_still_a_page(firm: Firm) -> None:
    with firm.store.unit("test") as unit:
        unit.connections.put(Connection("spare", "amazon", Side.SOURCE, "another seller"))
    html = to_html((msgspec.structs.replace(firm.check(), company=""),))

    assert AMAZON in html
    assert "No settlement yet." in html
