"""What a developer does with ``dev.py``."""

import pytest
from hypothesis import settings

import dev


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
