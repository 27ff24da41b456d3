"""Under which option of which of a ledger's dimensions a line is reported: a class, a location, a category.

Rules and routes say it as text, ``NAME=OPTION``, several of them with ``; `` between: this file alone reads it.
"""

from __future__ import annotations

import msgspec

from bridge.model.facts import LedgerFacts

_SEPARATOR = "; "


class Tracked(msgspec.Struct, frozen=True, order=True):
    """One option that a line is sent with, by the ledger's own ids. name, option: of both, for people."""

    dimension_id: str
    option_id: str
    name: str
    option: str


def parsed(text: str) -> dict[str, str]:
    """Option by dimension, in the order they are written; empty for an empty text.

    Raises: ValueError that says what is wrong with it.
    """
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(_SEPARATOR.strip()))):
        name, equals, option = (one.strip() for one in part.partition("="))
        if not (equals and name and option):
            raise ValueError(f'{part!r} is not NAME=OPTION, such as "class=Web shop; location=Leeds"')
        if name.casefold() in map(str.casefold, found):
            raise ValueError(f"{name!r} is named twice")
        found[name] = option
    return found


def plain(text: str) -> str:
    """The same as whoever writes it otherwise would mean it: in one order, with one kind of space."""
    return _SEPARATOR.join(f"{name}={option}" for name, option in sorted(parsed(text).items()))


def merged(own: str, default: str) -> str:
    """What is said of a line itself, and of each dimension that it leaves out the default."""
    if not (own and default):
        return own or default
    said = parsed(own)
    left = {name: one for name, one in parsed(default).items() if name.casefold() not in map(str.casefold, said)}
    return plain(_SEPARATOR.join(f"{name}={option}" for name, option in {**left, **said}.items()))


class Resolved(msgspec.Struct, frozen=True):
    """A text as the ledger knows it. missing: what of it the ledger lacks, as sentences without their full stop."""

    tracked: tuple[Tracked, ...]
    missing: tuple[str, ...] = ()


def resolve(text: str, facts: LedgerFacts) -> Resolved:
    """The ledger's ids of each option, whatever case its names are written in."""
    tracked, missing = [], []
    for name, option in parsed(text).items():
        dimension = facts.dimension(name)
        chosen = dimension.option(option) if dimension else None
        if dimension is None:
            known = ", ".join(repr(one.name) for one in facts.dimensions) or "none"
            missing.append(f"it has no dimension {name!r} (it has: {known})")
        elif dimension.off:
            missing.append(f"{dimension.name!r} cannot be used: {dimension.off}")
        elif chosen is None:
            missing.append(f"{dimension.name!r} has no option {option!r}")
        elif not chosen.is_active:
            missing.append(f"option {chosen.name!r} of {dimension.name!r} is archived")
        else:
            tracked.append(Tracked(dimension.ledger_id, chosen.ledger_id, dimension.name, chosen.name))
    return Resolved(tuple(sorted(tracked)), tuple(missing))
