"""Files that only state documents are compared with what is there, and saved nowhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.model.channel import Window, WindowState
from bridge.model.documents import DocumentKind, Problem
from tests.ingest.channel import CONNECTION, Fact, Sold, Stated
from tests.ingest.conftest import World

LINES = [Sold(8000), Sold(663, "tax.collected"), Sold(100, "tax.facilitator")]
REFUND = Fact("R1", [Sold(-500, "refund.product")], kind=DocumentKind.REFUND, order="1005")


def given(world: World) -> None:
    world.take(world.drop_facts("page.json", Fact("1005", LINES, name="#1005"), Fact("1006", LINES, name="#1006")))
    world.take(world.drop_facts("refunds.json", REFUND))


def test_what_agrees_is_counted_and_what_differs_is_named_to_the_cent(world: World) -> None:
    given(world)
    stated = [
        Stated(8763, name="#1005", tax=763),
        Stated(6057, name="#1006"),
        Stated(-500, "R1", kind=DocumentKind.REFUND),
    ]
    found = world.take(world.drop_facts("export.json", stated=stated))

    assert (found.checked, found.checks) == (((DocumentKind.ORDER, 2), (DocumentKind.REFUND, 1)), 2)
    assert [(one.code, one.message, one.where) for one in found.problems] == [
        ("check.differs", "order #1006: this file says 60.57 USD, bridge has 87.63 USD", "file export.json")
    ]
    assert found.error is None
    assert found.is_news


def test_what_is_not_there_is_missing(world: World) -> None:
    given(world)
    stated = [
        Stated(8763, "1007", name="#1007"),
        Stated(None, name="#1008"),
        Stated(-500, "1005", kind=DocumentKind.REFUND),
    ]
    found = world.take(world.drop_facts("export.json", stated=stated))
    assert [one.code for one in found.problems] == ["check.missing"] * 3
    assert "order #1007: is in this file, and bridge has none such: bring the file" in found.problems[0].message


def test_tax_is_compared_whoever_remits_it_and_not_of_a_test_order(world: World) -> None:
    given(world)
    world.take(world.drop_facts("tests.json", Fact("T1", LINES, name="#T1", is_test=True)))
    stated = [Stated(8763, "1005", tax=663), Stated(8763, "1006", tax=763), Stated(8763, "T1", tax=763)]
    (problem,) = world.take(world.drop_facts("export.json", stated=stated)).problems
    assert problem.message == "order 1005: of tax this file says 6.63 USD, bridge has 7.63 USD"


def test_another_currency_differs(world: World) -> None:
    given(world)
    stated = [Stated(8763, "1005", currency="CAD"), Stated(None, "1006", currency="CAD")]
    problems = world.take(world.drop_facts("export.json", stated=stated)).problems
    assert [one.message for one in problems] == [
        "order 1005: this file says 87.63 CAD, bridge has 87.63 USD",
        "order 1006: this file says CAD, bridge has USD",
    ]


def test_the_newest_content_is_what_is_compared(world: World) -> None:
    given(world)
    world.take(world.drop_facts("later.json", Fact("1005", [Sold(100)], name="#1005")))
    assert (
        world.take(world.drop_facts("export.json", stated=[Stated(100, "1005"), Stated(100, name="#1005")])).checks == 2
    )


def test_one_of_two_orders_that_bear_a_name_may_agree(world: World) -> None:
    world.take(world.drop_facts("page.json", Fact("1", [Sold(100)], name="A"), Fact("2", [Sold(200)], name="A")))
    found = world.take(
        world.drop_facts("export.json", stated=[Stated(100, name="A"), Stated(200, name="A"), Stated(3, name="A")])
    )
    assert (found.checks, len(found.problems)) == (2, 1)


def test_another_connections_orders_prove_nothing(world: World) -> None:
    given(world)
    found = world.take(
        world.drop_facts("export.json", stated=[Stated(8763, "1005"), Stated(8763, name="#1005")]), "other"
    )
    assert [one.code for one in found.problems] == ["check.missing", "check.missing"]


def test_a_file_that_only_states_leaves_nothing_behind_and_is_compared_anew_each_time(world: World) -> None:
    stated = [Stated(8763, name="#1005")]
    world.drop_facts("export.json", stated=stated)
    rows = world.audit_rows()
    assert [found.problems[0].code for found in world.sync()] == ["check.missing"]
    assert world.audit_rows() == rows

    world.take(world.drop_facts("page.json", Fact("1005", LINES, name="#1005")))
    assert world.sync() == ()


def test_a_file_may_hold_documents_and_state_others(world: World) -> None:
    found = world.take(world.drop_facts("both.json", Fact("1005", LINES, name="#1005"), stated=[Stated(8763, "1005")]))
    assert (len(found.documents), found.checks, found.problems) == (1, 1, ())


def test_hundreds_of_checks_are_compared_at_once(world: World) -> None:
    facts = [Fact(str(number), [Sold(number)], name=f"#{number}") for number in range(1, 1_201)]
    world.take(world.drop_facts("page.json", *facts))
    stated = [Stated(number, name=f"#{number}", tax=0) for number in range(1, 1_201)]
    assert world.take(world.drop_facts("export.json", stated=stated)).checks == 1_200


def test_what_is_noted_of_a_file_is_told_with_it_every_time_and_is_of_no_document(world: World) -> None:
    note = Problem("small.more", "There are more pages.", "file page.json", blocking=False)
    page = world.drop_facts("page.json", Fact("1005", LINES), notes=[note])
    first, again = world.take(page), world.take(page)

    assert first.problems == again.problems == (note,)
    assert [one.problems for one in (*first.documents, *again.documents)] == [(), ()]
    assert again.is_news


def read(world: World, stream: str, through: datetime) -> None:
    """Let a stream of the channel be read whole up to then."""
    window = Window(CONNECTION.connection_id, stream, through - timedelta(days=1), through, WindowState.CLOSED)
    with world.store.unit("pull") as unit:
        unit.windows.open(window)


def test_a_row_without_an_id_checks_only_what_the_channel_was_read_through(world: World) -> None:
    given(world)
    noon = world.clock.now()
    read(world, "orders", noon)
    before, later = noon - timedelta(hours=1), noon + timedelta(hours=1)
    stated = [
        Stated(8763, name="#1005", at=before),
        Stated(1, name="#1006", at=later),
        Stated(8763, name="#1007", at=before),
        Stated(8763, "1008", name="#1008", at=later),
        Stated(1, "1006", at=later),
        Stated(8763, "1005", name="#1005"),
    ]
    found = world.take(world.drop_facts("export.json", stated=stated))

    assert [(one.code, one.message.partition(":")[0]) for one in found.problems] == [
        ("check.missing", "order #1007"),
        ("check.differs", "order 1006"),
        ("check.unread", "2 of its rows are from later than the channel was read (it is read through 2026-07-01 12"),
    ]
    assert (len(stated), found.checks) == (6, 2)


def test_of_a_stream_that_was_never_read_no_row_is_missing(world: World) -> None:
    read(world, "payouts", world.clock.now())
    (problem,) = world.take(
        world.drop_facts("export.json", stated=[Stated(5, name="#1", at=world.clock.now() - timedelta(days=9))])
    ).problems
    assert (problem.code, "nothing of it is" in problem.message) == ("check.unread", True)


def test_rows_of_a_channel_that_is_only_brought_as_files_are_all_compared(world: World) -> None:
    found = world.take(world.drop_facts("export.json", stated=[Stated(5, name="#1", at=world.clock.now())]))
    assert [one.code for one in found.problems] == ["check.missing"]
