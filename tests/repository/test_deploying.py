"""What a deployment is made of, as far as that can be seen without one: the image, the compose file, the units."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import dev
from bridge.cli.commands import COMMANDS
from bridge.settings import Settings

ROOT = dev.ROOT
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
OURS = {name: one for name, one in COMPOSE["services"].items() if name != "postgres"}
EXPOSED = 2.0  # of 10, by systemd's own count; bridge needs the network, and its folder


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.+)$", DOCKERFILE, re.MULTILINE)


def test_the_image_is_built_on_named_versions_and_runs_as_nobody_in_particular() -> None:
    bases = [one.split()[0] for one in instructions("FROM")]
    assert bases
    assert all(re.fullmatch(r"python:\d+\.\d+-slim-[a-z]+", one) for one in bases), "by name and tag"
    assert instructions("USER")[-1] == "10001:10001"
    assert "/ready" in instructions("HEALTHCHECK")[0]
    (entrance,), (first,) = instructions("ENTRYPOINT"), instructions("CMD")
    assert json.loads(entrance) == ["bridge"]
    assert json.loads(first)[0] in COMMANDS


def test_all_that_the_image_is_made_of_reaches_its_build_and_nothing_else_does() -> None:
    lines = [one for one in (ROOT / ".dockerignore").read_text().splitlines() if one and not one.startswith("#")]
    assert lines[0] == "*", "what is not named stays out: databases, keys and settings of a checkout above all"
    let_in = {one[1:] for one in lines if one.startswith("!")}
    copied = {word for one in instructions("COPY") if not one.startswith("--") for word in one.split()[:-1]}
    assert copied == let_in
    assert all((ROOT / one).exists() for one in copied)
    needed = {"dev.py", "requirements.lock", "pyproject.toml", "src", "plugins", "README.md", "LICENSE"}
    assert needed <= copied, "the wheel is built of these"
    assert not any(fnmatch(name, pattern) for name in ("bridge.toml", "sealing.key", "bridge.db") for pattern in let_in)


def test_the_compose_file_is_one_and_its_services_may_do_no_more_than_they_must() -> None:
    schema = json.loads((Path(__file__).parent / "schemas" / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(COMPOSE)
    for name, service in OURS.items():
        assert service["command"][0] in COMMANDS, name
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
        assert service["user"] == instructions("USER")[-1], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert set(service["secrets"]) <= Settings.model_fields.keys(), "a secret is named like its setting"
        waits = {needed: how["condition"] for needed, how in service["depends_on"].items()}
        first = {"postgres": "service_healthy"} if name == "migrate" else {"migrate": "service_completed_successfully"}
        assert waits == first, name
        variables = {one for one in service["environment"] if one.startswith("BRIDGE_")} - {"BRIDGE_SECRETS_DIR"}
        assert {one.removeprefix("BRIDGE_").lower() for one in variables} <= Settings.model_fields.keys()
    assert re.fullmatch(r"postgres:\d+-[a-z]+", COMPOSE["services"]["postgres"]["image"])
    assert all(":" in str(port) and str(port).startswith("127.0.0.1:") for port in OURS["web"]["ports"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_there_is_shut_in(unit: Path) -> None:
    told = dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE))
    program, command, *_ = shlex.split(told["ExecStart"])
    assert program == "/opt/bridge/current/bin/bridge"
    assert command in COMMANDS
    assert (told["User"], told["StateDirectory"], told["CapabilityBoundingSet"]) == ("bridge", "bridge", "")
    shut = ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces", "LockPersonality")
    assert [told[name] for name in shut] == ["true"] * len(shut)
    assert told["ProtectSystem"] == "strict"


def test_where_there_is_a_systemd_it_takes_the_units_and_calls_them_shut_in(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        return  # what is told above holds all the same
    paths = []
    for unit in UNITS:
        here = unit.read_text(encoding="utf-8").replace("/opt/bridge/current/bin/bridge", sys.executable)
        (tmp_path / unit.name).write_text(here, encoding="utf-8")
        paths.append(str(tmp_path / unit.name))
    assert analyzed("verify", *paths) == ""
    for path in paths:
        told = analyzed("security", "--offline=true", path)
        (level,) = re.findall(r"Overall exposure level for \S+: (\d+\.\d+)", told)
        assert float(level) <= EXPOSED, path


def analyzed(*words: str) -> str:
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr
