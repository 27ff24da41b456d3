"""A settlement that is missing between two others, from the files to the drift report a person reads (F49, D13)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bridge.cli.output import Exit
from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.amazon.tests.report import END, START, Report, Row
from tests.end_to_end.merchant import Merchant

OTHER = "other-transaction"
PERIOD = END - START + timedelta(seconds=1)


def settlement(folder: Path, number: int, *, given_back: int, held: int) -> str:
    """The n-th of a fortnight as a file: what it sold, the reserve before it given back, its own held."""
    later = PERIOD * number
    rows = [Row(at=START + later + timedelta(days=1))]
    for minor, words in ((given_back, "Previous Reserve Amount Balance"), (-held, "Current Reserve Amount")):
        at = START + later if minor > 0 else END + later
        rows.append(Row((OTHER, OTHER, words), minor, at, order="", item="", shipment="", sku="", marketplace=""))
    opened, closed = START + later, END + later
    report = Report(
        tuple(rows), settlement_id=f"2850000002{number}", opened=opened, closed=closed, deposit=closed + timedelta(2)
    )
    path = folder / f"{number}.txt"
    path.write_bytes(report.text().encode())
    return str(path)


def test_f49_a_missing_settlement_is_an_error_of_the_check_until_it_is_brought(tmp_path: Path) -> None:
    first, second, third = (
        settlement(tmp_path, number, given_back=100 + number, held=101 + number) for number in range(3)
    )
    with QuickBooksSandbox() as sandbox:
        ours = Merchant(tmp_path, sandbox, "us")
        ours.connect()
        ours.run("import", "--connection", "amazon-us", third)
        ours.run("import", "--connection", "amazon-us", first)
        ours.ok("deliver")
        printed = ours.run("drift", "us")
        report = ours.json("drift")["routes"][0]

        assert printed.return_value == Exit.DRIFT
        assert "a settlement is missing between Amazon settlement 28500000020 and Amazon settlement 28500000022" in (
            printed.output
        )
        page = tmp_path / "review.html"
        ours.run("drift", "us", "--html", str(page))
        assert "Get the settlement of that time from the channel and bring it" in page.read_text(encoding="utf-8")
        assert "1 document missing between two others." in printed.output
        assert (report["counts"], report["delivered"], report["reconciled"]) == ({"books.series_gap": 1}, False, False)

        ours.run("import", "--connection", "amazon-us", second)
        ours.ok("deliver")
        report = ours.json("drift")["routes"][0]
        assert (report["counts"], report["delivered"]) == ({}, True)
        assert sandbox.trial_balance("9130000000000011")["1260"] == 103
