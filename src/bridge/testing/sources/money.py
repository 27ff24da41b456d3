"""Checks of money: it adds up, it is whole, it is of a currency there is, and its rates are plain."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.errors import DocumentError
from bridge.model.documents import Awaits
from bridge.model.lines import kinds
from bridge.model.money import MAX_MINOR, exponent
from bridge.model.tax import is_rate
from bridge.testing.sources.bench import SourceBench
from bridge.testing.sources.reading import ReadDocument
from bridge.testing.verdict import none_of


class MoneyChecks(SourceBench):
    """Nothing of a total is lost, and nothing is a float."""

    def test_lines_add_up_to_their_documents_total(self) -> None:
        none_of(
            f"{document.name}: its lines add up to {document.parts_minor}, its total is {document.start.total_minor} "
            f"minor units of {document.start.currency}"
            for document in self.documents()
            if not document.adds_up
        )

    def test_amounts_are_whole_minor_units(self) -> None:
        none_of(fault for document in self.documents() for fault in _not_whole(document))

    def test_currencies_are_of_iso_4217(self) -> None:
        none_of(
            f"{document.name}: {document.start.currency!r} is no currency of ISO 4217"
            for document in self.documents()
            if not (document.start.awaits is Awaits.ORDER or _is_currency(document.start.currency))
        )

    def test_facts_of_tax_are_plain(self) -> None:
        none_of(fault for document in self.documents() for fault in _not_plain(document))


def _not_whole(document: ReadDocument) -> Iterator[str]:
    amounts: list[tuple[str, object]] = [("its total", document.start.total_minor)]
    amounts += [(f"line {line.key!r}", line.amount_minor) for line in document.lines]
    for name, amount in amounts:
        if type(amount) is not int or abs(amount) > MAX_MINOR:
            yield f"{document.name}: {name} is {amount!r}, a {type(amount).__name__}; an int of minor units is wanted"
    for part in (document.start, *document.lines):
        for name in part.__struct_fields__:
            if name not in {"amount_minor", "total_minor"} and _holds_float(getattr(part, name)):
                yield f"{document.name}: {name} holds a float"


def _holds_float(value: object) -> bool:
    if isinstance(value, tuple | list):
        return any(_holds_float(one) for one in value)
    return isinstance(value, float)


def _is_currency(code: str) -> bool:
    try:
        exponent(code)
    except DocumentError:
        return False
    return True


def _not_plain(document: ReadDocument) -> Iterator[str]:
    """What a rate or a base of tax says that is none; a rate is judged as the treatment it would make."""
    for line in document.lines:
        name = f"{document.name}: line {line.key!r}"
        for rate in (each.rate for each in line.tax if each.rate and not is_rate(each.rate)):
            yield f"{name} has the rate {rate!r}; plain percent such as '20' is wanted"
        if len({each.base for each in line.tax}) > 1:
            yield f"{name} has taxes on several bases; each base has lines of tax of its own"
        if line.tax_base and line.tax_base not in kinds():
            yield f"{name} names {line.tax_base!r} as what it is charged on, which is no kind of line"
        if line.tax_base and not line.kind.startswith("tax."):
            yield f"{name} is of kind {line.kind} and has a tax with a base, as only tax does"
