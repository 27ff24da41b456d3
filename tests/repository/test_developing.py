"""What a developer does with ``dev.py``."""

from pathlib import Path

import pytest
from hypothesis import settings

import dev
from tests.web import chromium


def test_the_default_run_tries_the_same_examples_on_any_machine() -> None:
    fixed = settings.get_profile("fixed")

    assert fixed.derandomize
    assert fixed.database is None
    assert dev.with_seed(["tests/drift", "-x"]) == ["tests/drift", "-x"]


def test_a_random_run_names_the_seed_by_which_it_can_be_had_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = dev.with_seed(["--random", "tests/drift", "-k", "every shop"])

    profile, seed, *rest = told
    assert (profile, rest) == ("--hypothesis-profile=random", ["tests/drift", "-k", "every shop"])
    number = seed.removeprefix("--hypothesis-seed=")
    assert f"python3 dev.py test --random={number} tests/drift -k 'every shop'" in capsys.readouterr().err
    assert dev.with_seed([f"--random={number}", "tests/drift", "-k", "every shop"]) == told


def test_a_python_that_a_service_cannot_reach_is_known(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    home.chmod(0o700)

    assert dev.shut_folder("/bin/sh") is None
    assert dev.shut_folder(str(home / "bin" / "python3")) is not None


def test_where_there_is_no_chromium_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(chromium.NoChromiumError, match=r"Debian: apt install chromium"):
        chromium.find(tmp_path)


def test_a_chromium_that_is_not_the_pinned_one_is_not_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "package.tgz"
    archive.write_bytes(b"something else")
    with pytest.raises(chromium.NoChromiumError, match="is not what was pinned"):
        chromium.check(archive)
