"""Sums that authors need and must not do by float: the rounding residual, and the tax inside a price."""

from __future__ import annotations

from decimal import Decimal

CAP_MINOR = 100
_LONGEST_RATE = 30


def residual(total_minor: int, parts_minor: int, taxed_lines: int, unit_minor: int = 1) -> int:
    """What a line of kind ``rounding`` must add so that the parts make the total; 0 when none is needed or allowed.

    Units:    minor units of one currency. unit_minor: the smallest that the channel itself rounds a total to: 100 in a
              shop that shows no decimals of a currency with two.
    Rounding: none. The cap is half a minor unit for each taxed line and half of the channel's unit for the total, and
              at most 100 in all: what is missing beyond it is no rounding, and the host then holds the document with
              the difference.
    """
    missing = total_minor - parts_minor
    cap = min((taxed_lines + unit_minor) // 2, CAP_MINOR)
    return missing if abs(missing) <= cap else 0


def tax_inside(gross_minor: int, rate: Decimal) -> int:
    """The tax inside an amount that includes it, for a channel that states the rate and not the tax.

    Units:    minor units; rate in percent, such as ``Decimal("20")``.
    Rounding: half up, away from zero, of the exact quotient. The amount less this is the net, and nothing is lost.
    Raises:   ValueError for a rate that is negative, infinite, no number, or of no sensible size.
    """
    if not rate.is_finite() or rate < 0 or abs(rate.adjusted()) > _LONGEST_RATE:
        raise ValueError("a rate is a percentage that is not negative")
    parts, whole = rate.as_integer_ratio()
    share, of = abs(gross_minor) * parts, 100 * whole + parts
    tax = (2 * share + of) // (2 * of)
    return -tax if gross_minor < 0 else tax
