"""Whose tax a name tells of, and which code of a ledger bears several taxes at once. Pure.

Channels and ledgers write a province, or the tax that only one of them has. Two taxes on one line are two components
of the line, and one code of the ledger.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec

from bridge.model.tax import at_place, joined, plain_rate

_PROVINCES: Final = frozenset({"AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"})
_CAPITALS, _WORD = re.compile(r"\b[A-Z]{2}\b"), re.compile(r"[A-Z]+")
_FEDERAL: Final = frozenset({"GST", "TPS"})
_TAXES: Final = _FEDERAL | {"HST", "TVH", "PST", "TVP", "QST", "TVQ", "RST"}
# Taxes that one province alone has, by name and, where several have a tax of that name, by its rate in percent.
# Source: Canada Revenue Agency, "GST/HST rates"; the provinces' own pages; as of 2026.
_TELLING: Final = {
    ("RST", ""): "MB",
    ("QST", ""): "QC",
    ("TVQ", ""): "QC",
    ("PST", "6"): "SK",
    ("PST", "7"): "BC",
    ("HST", "13"): "ON",
    ("HST", "14"): "NS",
}

_REMEMBERED = 4_096

Parts = tuple[tuple[str, str], ...]
"""The taxes on one line, or of one code: (name, rate in percent) each."""


class PartedCode(msgspec.Struct, frozen=True):
    """One code of a ledger as its parts. sale, purchase: empty where it is not for that side, or takes and gives."""

    ledger_id: str
    name: str
    sale: Parts = ()
    purchase: Parts = ()


def province_of(parts: Iterable[tuple[str, str]]) -> str:
    """The province whose tax is charged, as ``CA-BC``; empty for a federal tax alone, and where no name tells."""
    found = {_province(name, rate) for name, rate in parts} - {""}
    return f"CA-{found.pop()}" if len(found) == 1 else ""


@lru_cache(maxsize=_REMEMBERED)
def composed(parts: Parts) -> str:
    """What a treatment says of these taxes: ``5+7@CA-BC``."""
    return at_place(joined(rate for _, rate in parts), province_of(parts))


def served_by(codes: Iterable[PartedCode]) -> Mapping[str, tuple[str, ...]]:
    """The treatments that each code serves, by its id.

    Each serves its own taxes in its own province. Where no province is told, or only what the rates come to, the one
    code serves that there is; of several that one which is no province's.
    """
    served: dict[str, set[str]] = defaultdict(set)
    placeless: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for code in codes:
        for side, parts in (("sale", code.sale), ("purchase", code.purchase)):
            if not any(rate != "0" for _, rate in parts):
                continue
            rates = joined(rate for _, rate in parts)
            place = province_of([(code.name, parts[-1][1])]) or province_of(parts)
            served[code.ledger_id].add(at_place(f"{side}:{rates}", place))
            for told in {rates, _whole(parts)}:
                placeless[f"{side}:{told}"].append((code.ledger_id, place))
    for treatment, fits in placeless.items():
        of_none = [each for each in fits if not each[1]]
        for ledger_id, _ in fits if len(fits) == 1 else of_none if len(of_none) == 1 else ():
            served[ledger_id].add(treatment)
    return {ledger_id: tuple(sorted(treatments)) for ledger_id, treatments in served.items()}


def _province(name: str, rate: str) -> str:
    taxes = _TAXES.intersection(_WORD.findall(name.upper()))
    if taxes and taxes <= _FEDERAL:
        return ""
    if said := _PROVINCES.intersection(_CAPITALS.findall(name)):
        return min(said) if len(said) == 1 else ""
    told = (_TELLING.get((tax, rate)) or _TELLING.get((tax, "")) for tax in taxes)
    return next(filter(None, told), "")


def _whole(parts: Parts) -> str:
    return plain_rate(sum((Decimal(rate) for _, rate in parts), Decimal(0)))
