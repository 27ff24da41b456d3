"""How the command line speaks of what was looked at when a connection was checked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from bridge.cli.output import say
from bridge.model.remarks import Grade, Remark

_COLOURS = {Grade.OK: "green", Grade.MISSING: "red", Grade.LOOK: "yellow"}


def say_remarks(remarks: Sequence[Remark]) -> None:
    """Each with how it stands, and what to do."""
    for remark in remarks:
        say(f"  [{_COLOURS[remark.grade]}]{remark.grade}[/]  {escape(remark.what)}")
        if remark.next_step:
            say(f"      next: {escape(remark.next_step)}")
