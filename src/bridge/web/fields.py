"""What forms ask, as fields: of questions that a plugin declares, and of the settings of its connections."""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from enum import Enum, StrEnum
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bridge.plugin import Question

ANSWER, SETTING = "answer.", "setting."
"""What fields of questions and of settings begin with, so that none meets a field of the page's own."""


class Kind(StrEnum):
    """How a field is shown. lines: several texts, one a line."""

    TEXT = "text"
    UNSEEN = "password"
    DATE = "date"
    BOX = "checkbox"
    CHOICE = "select"
    LINES = "lines"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. value: what is shown in it; of a secret nothing ever. choices: value and words."""

    name: str
    label: str
    help: str = ""
    kind: Kind = Kind.TEXT
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_needed: bool = True
    error: str = ""


def of_question(question: Question, typed: str | None, error: str = "") -> Field:
    """typed: None before anything was. A field with a default may be left empty."""
    shown = question.default or "" if typed is None else typed
    return Field(
        name=ANSWER + question.name,
        label=question.prompt,
        help=question.where,
        kind=Kind.UNSEEN if question.is_secret else Kind.TEXT,
        value="" if question.is_secret else shown,
        is_needed=question.default is None,
        error=error,
    )


def of_settings(
    model: type[BaseModel], without: Collection[str], typed: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[Field, ...]:
    """The settings of a connection that a form can ask for; what it cannot keeps its default."""
    found = []
    for name, info in model.model_fields.items():
        shape = None if name in without else _shape(info.annotation)
        if shape is not None:
            found.append(
                Field(
                    name=SETTING + name,
                    label=info.title or name.replace("_", " ").capitalize(),
                    help=info.description or "",
                    kind=shape[0],
                    choices=shape[1],
                    value=typed.get(SETTING + name, _default(info)),
                    is_needed=info.is_required(),
                    error=errors.get(name, ""),
                )
            )
    return tuple(found)


def settings_of(fields: Collection[Field], form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as the settings take it; what was left empty is left out."""
    told: dict[str, Any] = {}
    for field in fields:
        name, typed = field.name.removeprefix(SETTING), form.get(field.name, "").strip()
        if field.kind is Kind.BOX:
            told[name] = bool(typed)
        elif typed:
            told[name] = typed.splitlines() if field.kind is Kind.LINES else typed
    return told


def faults_of(model: type[BaseModel], told: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with settings, by field; values, which are the person's own, are left out."""
    try:
        model.model_validate(dict(told))
    except ValidationError as cause:
        faults = cause.errors(include_input=False, include_url=False, include_context=False)
        return {str(fault["loc"][0]): _words(fault["msg"]) for fault in faults if fault["loc"]}
    return {}


def _words(message: str) -> str:
    """As it is read behind the field's name: our own words are written so, the library's are a sentence."""
    own = message.removeprefix("Value error, ")
    return own if own != message else f"is not right: {message}"


def _shape(annotation: Any) -> tuple[Kind, tuple[tuple[str, str], ...]] | None:
    """How a setting of that type is asked for; None where no form can."""
    if get_origin(annotation) in {Union, types.UnionType}:
        inner = [one for one in get_args(annotation) if one is not type(None)]
        return _shape(inner[0]) if len(inner) == 1 else None
    if get_origin(annotation) is tuple and get_args(annotation)[1:] == (...,):
        return Kind.LINES, ()
    if get_origin(annotation) is Literal:
        return Kind.CHOICE, tuple((str(one), str(one)) for one in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Kind.CHOICE, tuple((str(one.value), str(one.value)) for one in annotation)
    if annotation is bool:
        return Kind.BOX, ()
    return (Kind.TEXT, ()) if annotation in {str, int} else None


def _default(info: FieldInfo) -> str:
    default = None if info.is_required() else info.default
    if isinstance(default, tuple):
        return "\n".join(map(str, default))
    return "" if default is None or default is False else "yes" if default is True else str(default)
