"""A folder is gone through in the order of its names; files stay there, and only news is told."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigError
from bridge.ingest import Outcome
from tests.ingest.channel import statement
from tests.ingest.conftest import World


def test_new_files_are_imported_in_the_order_of_their_names_and_stay_where_they_are(world: World) -> None:
    world.drop("b.json", statement(2, name="P-2"))
    world.drop("a.json", statement(1, name="P-1"))
    (world.folder / ".hidden").write_text("not ours")
    (world.folder / "done").mkdir()

    assert [found.name for found in world.sync()] == ["a.json", "b.json"]
    assert len(world.documents()) == 2
    assert {path.name for path in world.folder.iterdir()} == {"a.json", "b.json", ".hidden", "done"}


def test_what_was_taken_in_is_not_read_again(world: World) -> None:
    world.drop("a.json", statement(1))
    world.sync()
    readings = world.source.readings

    assert world.sync() == ()
    assert world.source.readings == readings


def test_a_file_that_cannot_be_read_is_reported_every_time_and_the_others_go_on(world: World) -> None:
    world.drop("a.json", statement(1), damaged_after=2)
    world.drop("b.json", statement(2, name="P-2"))

    first, second = world.sync(), world.sync()
    assert [(found.name, found.error is not None) for found in first] == [("a.json", True), ("b.json", False)]
    assert [(found.name, found.error is not None) for found in second] == [("a.json", True)]
    assert [kept.document.identity.external_id for kept in world.documents()] == ["P-2"]


def test_a_file_that_was_mended_is_taken_in(world: World) -> None:
    world.drop("a.json", statement(1), damaged_after=2)
    world.sync()
    world.drop("a.json", statement(1))
    assert [found.documents[0].outcome for found in world.sync()] == [Outcome.NEW]


def test_other_bytes_with_nothing_new_are_not_told_of(world: World) -> None:
    path = world.drop("a.json", statement(1))
    (world.folder / "b.json").write_bytes(path.read_bytes() + b" ")
    assert [found.name for found in world.sync()] == ["a.json"]
    assert world.sync() == ()


def test_two_contents_of_one_document_do_not_take_turns(world: World) -> None:
    """Running again over a folder with both changes nothing."""
    world.drop("a.json", statement(1))
    world.drop("b.json", statement(1, 2))
    world.sync()
    rows = world.audit_rows()

    assert world.sync() == ()
    assert (world.kept().document.revision, world.audit_rows()) == (2, rows)


def test_a_file_that_first_lay_in_another_connections_folder_is_taken_in_all_the_same(world: World) -> None:
    world.drop("a.json", statement(1))
    world.sync("other")
    assert [found.documents[0].outcome for found in world.sync("shop")] == [Outcome.NEW]


def test_a_folder_that_is_not_there_is_refused(world: World) -> None:
    world.folder.rmdir()
    with pytest.raises(ConfigError) as refusal:
        world.sync()
    assert refusal.value.code == "ingest.folder"
