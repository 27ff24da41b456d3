"""Files that people brought: held for an hour, for who brought them, and swept whoever comes next."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from bridge.errors import ConfigError
from bridge.host.uploads import LASTS_SECONDS, Owner, Uploads
from tests.fakes.clock import FakeClock

ANN: Owner = ("acme", "shop", "p-ann")
NOW = FakeClock().now()
LATER = NOW + timedelta(seconds=LASTS_SECONDS + 1)


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "held")


def bring(uploads: Uploads, owner: Owner = ANN, name: str = "report.txt") -> str:
    return uploads.keep(owner, name, BytesIO(b"of buyers"), NOW)


def held(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


@pytest.mark.parametrize(
    "who", [("acme", "shop", "p-bob"), ("acme", "other", "p-ann"), ("zoo", "shop", "p-ann"), ("../acme", "shop", "p")]
)
def test_nobody_else_finds_it(uploads: Uploads, who: Owner) -> None:
    token = bring(uploads)
    assert uploads.find(ANN, token, NOW).read_bytes() == b"of buyers"
    with pytest.raises(ConfigError) as told:
        uploads.find(who, token, NOW)
    assert told.value.code == "upload.gone"


@pytest.mark.parametrize("token", ["", ".", "..", "../zoo", "1.short", f"1.{'a' * 42}/", "/etc/passwd"])
def test_no_secret_leads_out_of_the_folder(uploads: Uploads, token: str) -> None:
    bring(uploads)
    with pytest.raises(ConfigError):
        uploads.find(ANN, token, NOW)
    with pytest.raises(ConfigError):
        uploads.forget("acme", token)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x",
        "C:\\windows\\x.csv",
        "/x",
        "..",
        ".",
        "",
        "a" * 5_000,
        "\u202etxt.exe",
        "a\0b",
        "ü" * 99,
    ],
)
def test_a_name_is_the_last_part_of_what_was_told_and_fits_any_disk(uploads: Uploads, name: str) -> None:
    found = uploads.find(ANN, bring(uploads, name=name), NOW)
    assert found.parent.name == "file"
    assert len(found.name.encode()) <= 100
    assert found.name.isprintable()


def test_what_is_old_is_swept_of_one_or_of_all_and_what_is_not_ours_stays(uploads: Uploads, tmp_path: Path) -> None:
    zoo = bring(uploads, ("zoo", "shop", "p-ann"))
    bring(uploads)
    folder = tmp_path / "held"
    (folder / "acme" / "notes").mkdir()
    (folder / "acme" / "notes" / "x").write_text("a person's own")
    (folder / "Not One Of Ours").mkdir()

    uploads.sweep(NOW)
    assert len(held(folder)) == 5, "nothing is swept before its time"
    uploads.sweep(LATER, "acme")
    assert uploads.find(("zoo", "shop", "p-ann"), zoo, NOW).exists(), "another's is another's"
    uploads.sweep(LATER)
    assert held(folder) == ["acme/notes/x"]
    assert not (folder / "zoo").exists()
    assert (folder / "Not One Of Ours").is_dir()


def test_what_others_may_read_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "held").mkdir(mode=0o755)
    for folder in (tmp_path / "held", Path("/proc/held")):
        with pytest.raises(ConfigError) as told:
            bring(Uploads(folder))
        assert told.value.code == "upload.folder"


def test_what_was_brought_by_a_clock_that_is_put_back_is_swept(uploads: Uploads, tmp_path: Path) -> None:
    token = bring(uploads)
    uploads.sweep(NOW - timedelta(minutes=50))
    assert uploads.find(ANN, token, NOW - timedelta(minutes=50)).read_bytes() == b"of buyers"
    with pytest.raises(ConfigError):
        uploads.find(ANN, token, NOW - timedelta(days=1))
    uploads.sweep(NOW - timedelta(days=1))
    assert held(tmp_path) == []
