"""What people read of an import and of an inspection: tidy for one document and for thousands."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bridge.cli.imports import plain_file, show_files
from bridge.cli.inspect import show_inspection
from bridge.ingest import FileOnDisk, inspect_files
from bridge.model.documents import DocumentKind, Witness
from tests.ingest.channel import Fact, SmallSource, Sold, Stated, write_facts
from tests.ingest.conftest import World

LINES = [Sold(8000), Sold(763, "tax.collected")]


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines printed, blanks made one."""
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def orders(count: int) -> list[Fact]:
    return [Fact(f"{number:05d}", LINES, {"card": 8763}, name=f"#{number}") for number in range(1, count + 1)]


def test_few_documents_are_listed_by_name(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    refund = Fact("R1", [Sold(-500, "refund.product")], kind=DocumentKind.REFUND, order="00001")
    show_files([world.take(world.drop_facts("page.json", *orders(1), refund))])
    lines = said(capsys)
    assert "page.json | order #1 | 2026-06-15 | 87.63 USD | 3 | new" in [line.replace(" │ ", " | ") for line in lines]
    assert any("refund R1" in line and "-5.00 USD" in line for line in lines)


def test_hundreds_of_documents_are_told_in_a_line_for_each_outcome(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.take(world.drop_facts("page.json", *orders(100)))
    held = [Fact(f"9{number:03d}", LINES, total=1, name=f"#9{number:03d}") for number in range(30)]
    show_files([world.take(world.drop_facts("next.json", *orders(300), *held))])
    lines = [line.replace(" │ ", " | ") for line in said(capsys)]

    assert "next.json | 100 orders | 2026-06-15 | 8,763.00 USD | 300 | known" in lines
    assert "next.json | 200 orders | 2026-06-15 | 17,526.00 USD | 600 | new" in lines
    assert "next.json | 30 orders | 2026-06-15 | 0.30 USD | 60 | held: order.unbalanced" in lines
    assert "and 10 more of order.unbalanced; --json lists all" in lines
    assert len(lines) < 30


def test_checks_say_how_many_agree_and_name_the_others(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.take(world.drop_facts("page.json", *orders(12)))
    stated = [Stated(8763 if number != 6 else 6057, name=f"#{number}") for number in range(1, 13)]
    found = world.take(world.drop_facts("export.csv", stated=stated))
    show_files([found])

    assert said(capsys) == [
        "export.csv: 12 orders checked, 11 agree",
        "file export.csv: check.differs: order #6: this file says 60.57 USD, bridge has 87.63 USD",
    ]
    plain = plain_file(found)
    assert (plain["checked"], plain["checks"], len(plain["problems"])) == ({"order": 12}, 11, 1)


def test_the_day_is_that_of_the_time_zone_that_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    found = world.take(world.drop_facts("page.json", *orders(1)))
    closed_at = found.documents[0].document.closed_at
    show_files([found])
    assert "closed (UTC)" in capsys.readouterr().out
    show_files([found], "Pacific/Pago_Pago")
    told = capsys.readouterr().out
    assert "(UTC)" not in told
    assert f"{closed_at.astimezone(ZoneInfo('Pacific/Pago_Pago')):%Y-%m-%d}" in told
    assert f"{closed_at:%Y-%m-%d}" not in told


def test_what_is_known_of_a_document_is_told_of_the_file_that_is_imported(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = Fact("00001", LINES, total=1, name="#1")
    world.take(world.drop_facts("december.json", odd))
    capsys.readouterr()
    show_files([world.take(world.drop_facts("again.json", odd))])
    told = capsys.readouterr().out

    assert "file again.json: order.unbalanced" in told
    assert "december.json" not in told


def test_why_a_document_is_passed_over_is_said_in_words(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    by_api = msgspec.structs.replace(orders(1)[0], witness=Witness.API)
    world.take(world.drop_facts("answer.json", by_api))
    found = world.take(world.drop_facts("export.csv", Fact("00001", [Sold(1)], name="#1", witness=Witness.FILE)))
    show_files([found])

    assert "known: the API's own answer counts" in capsys.readouterr().out
    assert plain_file(found)["documents"][0]["reason"] == "known.file_after_api"


def test_hundreds_of_inspected_orders_stay_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    canadian = Fact("C1", [Sold(1000)], {"cash": 600, "card": 400}, name="#C1", currency="CAD")
    payout = Fact("P1", [Sold(8763, "settles"), Sold(-284, "fee.payment")], kind=DocumentKind.PAYOUT, status="paid")
    path = write_facts(tmp_path / "page.json", canadian, *orders(300), payout, stated=[Stated(1, name="#1")])
    show_inspection(inspect_files(SmallSource(), [FileOnDisk(path)]))
    lines = [line.replace(" │ ", " | ") for line in said(capsys)]

    assert "#C1 | 10.00 CAD | 0.00 CAD | card 4.00 CAD, cash 6.00 CAD" in lines
    assert "#49 | 87.63 USD | 7.63 USD | card 87.63 USD" in lines
    assert "and 251 more orders; --json lists all" in lines
    assert "300 orders in USD" in lines
    assert "sale.product | 24,000.00 USD" in lines
    assert "total | 26,289.00 USD" in lines
    assert "P1 | paid | 84.79 USD" in lines
    assert any(line.startswith("States 1 order, to be compared") for line in lines)
    assert lines[-1] == "No problems."
    assert len(lines) < 100
