"""Reading what an operator wrote, and refusing what is wrong in it by file, key, cause and next step."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from bridge.errors import ConfigError

TABLES: Final = frozenset({"bridge", "plugins", "connections", "routes", "rules"})


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, whole. Raises: ConfigError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as cause:
        raise ConfigError(
            str(path), f"cannot be read: {cause.strerror}", "Check the path", code="config.file"
        ) from cause
    except UnicodeDecodeError as cause:
        raise ConfigError(str(path), "is not UTF-8 text", "Save it as UTF-8", code="config.file") from cause
    except tomllib.TOMLDecodeError as cause:
        raise ConfigError(str(path), f"is not TOML: {cause}", "Correct the file", code="config.file") from None


def nearest(wrong: str, right: Iterable[str]) -> str:
    """The next step for a name that does not exist: the nearest that does, else all of them."""
    names = sorted(right)
    near = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
    if near:
        return f"Did you mean {near[0]}"
    return f"Use one of: {', '.join(names)}" if names else "Remove it"


def refusal(
    cause: ValidationError,
    model: type[BaseModel],
    name_of: Callable[[tuple[str, ...]], str],
    *,
    also: frozenset[str] = frozenset(),
) -> ConfigError:
    """Our error for the first thing pydantic found wrong; values, which may be secrets, are left out.

    model: what was validated, for the names it knows, and ``also``. name_of: how a person wrote the key at this path.
    """
    faults = cause.errors(include_input=False, include_url=False, include_context=False)
    fault = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    steps = tuple(str(step) for step in fault["loc"])
    place = name_of(steps).strip()
    if fault["type"] == "extra_forbidden":
        known = {*_fields(model, steps[:-1]), *also}
        return ConfigError(place, "there is no such key", nearest(steps[-1], known), code="config.unknown_key")
    if fault["type"] == "missing":
        return ConfigError(place, "is missing", "Add it", code="config.missing")
    cause_text = fault["msg"].removeprefix("Value error, ")
    return ConfigError(place, cause_text, "Correct this value", code="config.value")


def _fields(model: type[BaseModel], path: tuple[str, ...]) -> Iterable[str]:
    """The names allowed in the table at this path."""
    kind: Any = model
    for step in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(step)
            kind = field.annotation if field else None
        else:  # within a table of tables, or a list of them, any step leads to the same kind
            kind = next((part for part in reversed(get_args(kind)) if part is not ...), None)
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else ()


def check_tables(path: Path, document: dict[str, Any]) -> None:
    """Raises: ConfigError for a table of the settings file that nobody reads."""
    for name in sorted(document.keys() - TABLES):
        raise ConfigError(f"{path}: {name}", "there is no such table", nearest(name, TABLES), code="config.unknown_key")
