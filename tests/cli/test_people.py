"""`bridge people`: who has a seat, invitations, links that sign in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli.main import cli
from bridge.errors import ConfigError
from tests.web.visiting import browser, field_of, opened, place


@pytest.fixture
def config(tmp_path: Path) -> Path:
    made = place(tmp_path)
    made.write_text(made.read_text() + 'public_url = "https://bridge.test"\n')
    return made


def run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(config), "people", *words], standalone_mode=False)


def test_the_first_owner_is_invited_from_the_command_line_and_comes_in_again_by_a_link(config: Path) -> None:
    invitation = run(config, "invite", "Ann", "--role", "owner").stdout.strip()
    assert invitation.startswith("https://bridge.test/join/local/")
    with opened(config) as house, browser(house) as client:
        assert client.post(invitation, data={"csrf": field_of(client.get(invitation).text, "csrf")}).status_code == 303
        assert client.get("/o/local/people").status_code == 200
    link = run(config, "link", "Ann").stdout.strip()
    with opened(config) as house, browser(house) as client:
        assert client.post(link, data={"csrf": field_of(client.get(link).text, "csrf")}).status_code == 303
        assert client.get("/o/local/people").status_code == 200


def test_people_are_listed_and_removed(config: Path) -> None:
    for name in ("Ann", "Bob"):
        secret = run(config, "invite", name, "--role", "owner").stdout.strip().rpartition("/")[2]
        with opened(config) as house:
            members = house.office("local").members
            members.accept(members.invited(secret).invitation_id, None)
    run(config, "invite", "Eve", "--email", "eve@example.com")
    told = json.loads(run(config, "list", "--json").stdout)
    assert [(one["person"]["name"], one["role"]) for one in told["people"]] == [("Ann", "owner"), ("Bob", "owner")]
    assert [(one["name"], one["role"], one["email"]) for one in told["invitations"]] == [
        ("Eve", "viewer", "eve@example.com")
    ]
    assert "eve@example.com" in run(config, "list").stdout
    assert run(config, "remove", "Bob").exit_code == 0
    assert "Bob" not in run(config, "list").stdout


@pytest.mark.parametrize("words", [("link", "nobody"), ("remove", "nobody"), ("link", "")])
def test_who_is_not_there_is_named(config: Path, words: tuple[str, ...]) -> None:
    refused = run(config, *words)
    assert isinstance(refused.exception, ConfigError)
    assert refused.exception.code == "people.unknown"


def test_of_two_of_one_name_the_id_says_which(config: Path) -> None:
    for _ in range(2):
        secret = run(config, "invite", "Ann").stdout.strip().rpartition("/")[2]
        with opened(config) as house:
            members = house.office("local").members
            members.accept(members.invited(secret).invitation_id, None)
    refused = run(config, "link", "Ann")
    assert isinstance(refused.exception, ConfigError)
    assert refused.exception.code == "people.several"
    first = json.loads(run(config, "list", "--json").stdout)["people"][0]["person"]["person_id"]
    assert first in str(refused.exception)
    assert run(config, "link", first).exit_code == 0
