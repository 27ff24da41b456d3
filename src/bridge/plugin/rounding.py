"""The rounding residual: what a channel's own parts may miss its total by, and no more."""

from __future__ import annotations

CAP_MINOR = 100


def residual(total_minor: int, parts_minor: int, taxed_lines: int) -> int:
    """What a line of kind ``rounding`` must add so that the parts make the total; 0 when none is needed or allowed.

    Units:    minor units of one currency.
    Rounding: none. The cap is half a minor unit for each taxed line, rounded up, and at most 100 in all: what is
              missing beyond it is no rounding, and the host then holds the document with the difference.
    """
    missing = total_minor - parts_minor
    cap = min((taxed_lines + 1) // 2, CAP_MINOR)
    return missing if abs(missing) <= cap else 0
