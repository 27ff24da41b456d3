"""Pure: lines beyond what one object of a ledger takes: summed first, and where that is not enough cut into several."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.model.vouchers import VoucherLine


def summed(lines: Sequence[VoucherLine]) -> tuple[VoucherLine, ...]:
    """One line for all that differ in amount and words alone, in the order of the first of each.

    The words are those of the first, and how many more it sums. What comes to nothing is left out.
    """
    alike: dict[VoucherLine, list[VoucherLine]] = {}
    for line in lines:
        kind = msgspec.structs.replace(line, amount_minor=0, tax_minor=0, description="")
        alike.setdefault(kind, []).append(line)
    sums = (_sum(several) for several in alike.values())
    return tuple(line for line in sums if line.amount_minor or line.tax_minor)


def _sum(lines: Sequence[VoucherLine]) -> VoucherLine:
    first, *others = lines
    return msgspec.structs.replace(
        first,
        amount_minor=sum(line.amount_minor for line in lines),
        tax_minor=sum(line.tax_minor for line in lines),
        description=f"{first.description} and {len(others)} more" if others else first.description,
    )


def cut(lines: Sequence[VoucherLine], most: int) -> tuple[tuple[VoucherLine, ...], ...]:
    """Parts of at most so many lines, each of which adds up to nothing; together they say what the lines say.

    What joins them is the largest line that states no tax, of equals the first: in each part it is as much as that part
    leaves open. Empty where every line states tax: then nothing can join them.
    most: at least 2.
    """
    if len(lines) <= most:
        return (tuple(lines),)
    untaxed = [line for line in lines if not line.tax_code]
    if not untaxed:
        return ()
    joint = max(untaxed, key=lambda line: abs(line.amount_minor))
    place = next(number for number, line in enumerate(lines) if line is joint)
    others = [*lines[:place], *lines[place + 1 :]]
    parts = [others[start : start + most - 1] for start in range(0, len(others), most - 1)]
    return tuple(_joined(joint, part) for part in parts)


def _joined(joint: VoucherLine, part: Sequence[VoucherLine]) -> tuple[VoucherLine, ...]:
    open_minor = -sum(line.amount_minor for line in part)
    return (msgspec.structs.replace(joint, amount_minor=open_minor), *part) if open_minor else tuple(part)
