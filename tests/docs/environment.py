"""Writes docs/reference/environment.md from the models that read settings: run it as a program to renew the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bridge.host.loader import load
from bridge.settings import LimitSettings, Settings
from tests.docs.pages import ROOT

PLACE = ROOT / "docs" / "reference" / "environment.md"
NOT_TOLD = {"folder", "file", "limits", "plugins"}  # places, and tables of their own
HEAD = """# Environment variables

Every setting as a variable, and as a file of the directory that `BRIDGE_SECRETS_DIR` names. What each means stands in
[settings](settings.md). `BRIDGE_CONFIG` names the settings file. A variable that names no setting is refused.

This page is written by `python -m tests.docs.environment`; a test compares it with the code.
"""


def written() -> str:
    """The page as it should be."""
    parts = [HEAD, *_table("bridge", "", Settings), *_table("bridge.limits", "limits__", LimitSettings)]
    for name in sorted(load().names):
        if (offer := load().get(name)) is not None:
            parts += _table(f"plugins.{name}", f"plugins__{name}__", offer.app_settings)
    return "\n".join(parts)


def _table(heading: str, prefix: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## {heading}\n"
    yield "| variable | file | default |\n|---|---|---|"
    for name, field in model.model_fields.items():
        if name not in NOT_TOLD:
            told = f"{prefix}{name}"
            yield f"| `BRIDGE_{told.upper()}` | `{told}` | {_default(field)} |"
    yield ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None or value in ("", (), {}, [], frozenset()):
        return "none"
    if isinstance(value, (tuple, list, frozenset, set)):
        return ", ".join(f"`{one}`" for one in sorted(map(str, value)))
    return f"`{value.as_posix() if isinstance(value, PurePath) else value}`"


if __name__ == "__main__":
    PLACE.write_text(written(), encoding="utf-8")
