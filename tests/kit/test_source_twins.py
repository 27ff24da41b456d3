"""Every check of the kit for sources has a bad twin: a source with one fault, which fails that check and no other."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind, Problem
from bridge.model.entries import Mode
from bridge.model.line_tax import Tax, TaxComponent, taxed_at
from bridge.model.lines import GATEWAY, UNCLASSIFIED, Line, Part
from bridge.model.money import minor_from_decimal
from bridge.plugin import (
    Concern,
    ConcernKind,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    SourceCapabilities,
    SourceFile,
    SourceOffer,
    StandIn,
    Tender,
    TenderClass,
)
from bridge.testing import Expected, SampleFile
from tests.kit.shop import (
    CAPABILITIES,
    EMAIL,
    FEE,
    ORDER,
    SAMPLES,
    UNPAID,
    Plugin,
    Row,
    Said,
    Shop,
    T,
    TinySource,
    export,
    offer,
    refused,
)
from tests.kit.twins import checks, failing

replace = msgspec.structs.replace
WALLET_PAID_OUT = (Tender("card", "1240", TenderClass.WALLET), *CAPABILITIES.tenders[1:])
COVERED = "test_an_order_is_paid_when_its_receipts_cover_it"


def reading(
    source: type[TinySource],
    capabilities: SourceCapabilities = CAPABILITIES,
    *,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> type[Shop]:
    """The shop's kit over another source."""
    return type("Twin", (Shop,), {"offer": lambda self: offer(source, capabilities), "left_out": left_out})


def saying(
    start: Callable[[DocumentStart], DocumentStart] = lambda start: start,
    line: Callable[[Said, Line], Line] = lambda said, line: line,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> type[Shop]:
    """The shop's kit over a source that says otherwise: how a document starts, how its lines are."""

    class Twin(TinySource):
        def document(self, said: Said, name: str) -> Iterator[FilePart]:
            for part in super().document(said, name):
                match part:
                    case DocumentStart():
                        yield start(part)
                    case DocumentLines():
                        yield DocumentLines(tuple(line(said, one) for one in part.lines))
                    case _:
                        yield part

    return reading(Twin, left_out=left_out)


def where(kind: DocumentKind, **changes: Any) -> Callable[[DocumentStart], DocumentStart]:
    """Changes how documents of a kind start."""
    return lambda start: replace(start, **changes) if start.kind is kind else start


def lines_of(kind: DocumentKind, change: Callable[[Line], Line]) -> Callable[[Said, Line], Line]:
    """Changes the lines of documents of a kind."""
    return lambda said, line: change(line) if said.type == kind else line


def naive(line: Line) -> Line:
    return replace(line, occurred_at=line.occurred_at.replace(tzinfo=None))


def backwards(line: Line) -> Line:
    return replace(line, amount_minor=-line.amount_minor) if line.part.is_money else line


def cash(line: Line) -> Line:
    return replace(line, attributes=((GATEWAY, "cash"),)) if line.part.is_money else line


def doubled(line: Line) -> Line:
    return replace(line, amount_minor=2 * line.amount_minor) if line.part.is_money else line


def in_percent(_: Said, line: Line) -> Line:
    return replace(line, tax=taxed_at(f"{line.tax_rate}.00", base=line.tax_base)) if line.tax_rate else line


def as_float(_: Said, line: Line) -> Line:
    return replace(line, amount_minor=float(line.amount_minor))


def of_no_kind(said: Said, line: Line) -> Line:
    return replace(line, kind="sale.teleport") if said.id == "1002" and line.kind == "sale.product" else line


def offering(wrong: SourceOffer) -> type[Shop]:
    """A plugin that registers another offer than it says."""
    return type("Twin", (Shop,), {"plugin": lambda self: Plugin(wrong)})


def showing(*samples: SampleFile) -> type[Shop]:
    """The sound source over other samples."""
    return type("Twin", (Shop,), {"samples": lambda self: samples})


class OutOfTurn(TinySource):
    """Gives a piece of lines behind the end of a document."""

    def document(self, said: Said, name: str) -> Iterator[FilePart]:
        yield from super().document(said, name)
        yield DocumentLines(())


class Forgetful(TinySource):
    """Leaves out what it has read before."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def document(self, said: Said, name: str) -> Iterator[FilePart]:
        if said.id not in self._seen:
            yield from super().document(said, name)
        self._seen.add(said.id)


class Resentful(TinySource):
    """Titles its documents by the file it read before this one."""

    def __init__(self) -> None:
        self._last, self._title = "", ""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        if file.name != self._last:
            self._title, self._last = self._last, file.name
        for part in super().read_file(file):
            yield replace(part, title=self._title) if isinstance(part, DocumentStart) else part


class Peeking(TinySource):
    """Takes for a file's beginning whatever one read brings."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        with file.open() as stream:
            assert isinstance(stream, io.BytesIO | io.BufferedReader)
            has_all = len(stream.read1(1 << 16)) == file.size
        for part in super().read_file(file):
            yield replace(part, title=f"whole: {has_all}") if isinstance(part, DocumentStart) else part

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        for part in super().read_order(order_id, payloads, stand_in):
            yield replace(part, title="whole: True") if isinstance(part, DocumentStart) else part


class Counting(TinySource):
    """Titles documents by their place in the file."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        place = 0
        for part in super().read_file(file):
            place += isinstance(part, DocumentStart)
            yield replace(part, title=f"number {place}") if isinstance(part, DocumentStart) else part


class Hoarding(TinySource):
    """Keeps the whole file until it has read it."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        yield from list(super().read_file(file))


class Silent(TinySource):
    """Has nothing to say of an empty file."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        with file.open() as stream:
            is_empty = not stream.read(16).strip(b"\xef\xbb\xbf\r\n ")
        return iter(()) if is_empty else super().read_file(file)


class Polite(TinySource):
    """Has nothing to say of a letter."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        with file.open() as stream:
            is_letter = stream.read(5) == b"Dear "
        return iter(()) if is_letter else super().read_file(file)


class MindingMarks(TinySource):
    """Does not know a byte order mark."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        with file.open() as stream:
            if stream.read(3) == b"\xef\xbb\xbf":
                raise refused(file.name, "mark", "begins with letters that are none")
        yield from super().read_file(file)


class Forgiving(TinySource):
    """Leaves out the last line where it is cut off."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        with file.open() as stream:
            *rows, last = stream.read().splitlines(keepends=True) if 0 < file.size < 10_000 else [b"\n"]
        is_cut = len(rows) > 1 and not last.endswith(b"\n") and not last.endswith(b"}")
        if not is_cut:
            return super().read_file(file)
        count = msgspec.json.encode({"tiny": "report" if b"report" in rows[0] else "export", "count": len(rows) - 1})
        return super().read_file(SampleFile(file.name, b"".join([count + b"\n", *rows[1:]])))


class Uncounting(TinySource):
    """Does not compare how many lines there are with how many there should be."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        try:
            yield from super().read_file(file)
        except DocumentError as error:
            if error.code != "tiny.cut" or file.size < 40:
                raise


class Worried(TinySource):
    """Sees a reason to hold every unpaid order."""

    def document(self, said: Said, name: str) -> Iterator[FilePart]:
        for part in super().document(said, name):
            odd = Problem("tiny.odd", "is odd", name, blocking=True)
            yield DocumentEnd((odd,)) if isinstance(part, DocumentEnd) and said.id == "1002" else part


class OrderFirst(TinySource):
    """Minds where among the payloads the order stands."""

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        places = [place for place, payload in enumerate(payloads) if b'"type":"order"' in payload]
        for part in super().read_order(order_id, payloads, stand_in):
            yield replace(part, title="late") if isinstance(part, DocumentStart) and any(places) else part


class Guessing(TinySource):
    """Takes refunds whose order is not there, where they are many, to be in the shop's usual currency."""

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        is_guessed = len(payloads) > 2 and not any(b'"type":"order"' in payload for payload in payloads)
        return super().read_order(order_id, payloads, stand_in or (StandIn("EUR", "card") if is_guessed else None))


class Deaf(TinySource):
    """Does not listen to what a person says of an order."""

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        return super().read_order(order_id, payloads)


class Generous(TinySource):
    """Takes whatever Python takes for a number."""

    def amount(self, text: str, currency: str, name: str) -> int:
        try:
            return minor_from_decimal(Decimal(text), currency)
        except (ArithmeticError, DocumentError) as error:
            raise refused(name, "amount", "has an amount that is none") from error


class Rounding(TinySource):
    """Drops the decimals that the currency has not."""

    def amount(self, text: str, currency: str, name: str) -> int:
        whole, dot, places = text.partition(".")
        return super().amount(f"{whole}{dot}{places[:2]}" if places.isdecimal() else text, currency, name)


class Strict(TinySource):
    """Refuses what it does not know."""

    def line(self, said: Said, row: Row, name: str) -> Line:
        line = super().line(said, row, name)
        if line.kind == UNCLASSIFIED:
            raise refused(name, "unknown", "has a line of a type that is none")
        return line


class Leaking(TinySource):
    """Lets an error of Python's out when a line in the middle is damaged."""

    def decoded(self, raw: bytes, kind: type[T], name: str) -> T:
        try:
            return super().decoded(raw, kind, name)
        except DocumentError as error:
            if kind is Said and raw.endswith(b"\n"):
                raise KeyError("type") from error
            raise


class Nameless(TinySource):
    """Refuses with a code that could be anybody's."""

    def amount(self, text: str, currency: str, name: str) -> int:
        try:
            return super().amount(text, currency, name)
        except DocumentError as error:
            raise DocumentError(error.thing, error.cause, error.next_step, code="amount") from error


class Gossiping(TinySource):
    """Tells the whole line in an error."""

    def decoded(self, raw: bytes, kind: type[T], name: str) -> T:
        try:
            return super().decoded(raw, kind, name)
        except DocumentError as error:
            raise DocumentError(error.thing, f"cannot read {raw!r}", error.next_step, code=error.code) from error


def with_email(said: Said, line: Line) -> Line:
    return replace(line, words=f"{line.words}|{said.email}" if said.email else line.words)


def keeping_all(start: DocumentStart) -> DocumentStart:
    is_hers = start.external_id == "1001"
    return replace(start, payload=start.payload[:-1] + b',"email":"%b"}' % EMAIL.encode()) if is_hers else start


def forgetting_payment(start: DocumentStart) -> DocumentStart:
    said = msgspec.json.decode(start.payload, type=Said)
    return replace(start, payload=msgspec.json.encode(replace(said, paid_at=None)))


NO_WRITE = {"write": "its payloads are not whole"}
NO_PAYLOAD = {"payload": "a document stands otherwise by itself"}
REFUND, PAYOUT = DocumentKind.REFUND, DocumentKind.PAYOUT
HELD = "test_no_document_is_held_unless_expected"
WRONG = (Expected(DocumentKind.ORDER, "1001", "USD", 2661),)

TWINS: dict[str, type[Shop]] = {
    # Every plugin
    "test_importing_it_reaches_no_network": type("Twin", (Shop,), {"module": "tests.kit.noisy"}),
    "test_the_host_takes_its_offer": offering(offer(capabilities=replace(CAPABILITIES, prefix="tiny"))),
    "test_what_is_left_out_has_a_reason": type("Twin", (Shop,), {"left_out": {"repeat": " "}}),
    # Documents
    "test_the_samples_show_what_is_declared": showing(SampleFile("a", export(ORDER, UNPAID, FEE)), *SAMPLES[1:3]),
    "test_the_samples_hold_the_documents_expected": showing(SampleFile("a", SAMPLES[0].content, WRONG), *SAMPLES[1:]),
    HELD: reading(Worried),
    "test_a_title_is_more_than_the_id": saying(lambda start: replace(start, title=start.external_id)),
    "test_parts_come_in_turn_and_in_pieces": reading(OutOfTurn),
    "test_every_part_is_of_the_types_that_are_promised": saying(line=lambda _, line: replace(line, sku=None)),
    "test_names_are_there_and_can_be_kept": saying(line=lambda _, line: replace(line, key=f"{line.key}\a")),
    "test_no_two_lines_of_a_document_share_a_key": saying(line=lambda _, line: replace(line, key="1")),
    "test_every_kind_of_line_is_known": saying(line=of_no_kind),
    "test_every_instant_has_a_zone": saying(line=lambda _, line: naive(line)),
    "test_every_document_fits_a_declared_mode": reading(
        TinySource, replace(CAPABILITIES, modes=(Mode.DAY, Mode.ORDER))
    ),
    # Money
    "test_lines_add_up_to_their_documents_total": saying(
        line=lines_of(PAYOUT, lambda line: replace(line, amount_minor=line.amount_minor + 1))
    ),
    "test_amounts_are_whole_minor_units": saying(line=as_float),
    "test_currencies_are_of_iso_4217": saying(where(PAYOUT, currency="XXX")),
    "test_facts_of_tax_are_plain": saying(line=in_percent),
    # Orders
    "test_orders_and_refunds_name_their_order": saying(where(REFUND, order_id="")),
    "test_tenders_name_a_gateway_that_is_declared": saying(line=lines_of(DocumentKind.ORDER, cash)),
    "test_tenders_say_how_their_money_comes": reading(TinySource, replace(CAPABILITIES, tenders=WALLET_PAID_OUT)),
    "test_an_order_is_paid_when_its_receipts_cover_it": saying(
        lambda start: replace(start, paid_at=start.opened_at) if start.external_id == "1002" else start
    ),
    "test_a_refund_takes_from_the_merchant": saying(line=lines_of(REFUND, backwards)),
    "test_a_fee_that_a_gateway_kept_is_its_repayment": saying(line=lines_of(DocumentKind.FEE, doubled)),
    # Repeats
    "test_reading_again_gives_the_same": reading(Forgetful),
    "test_any_chunk_size_gives_the_same": reading(Peeking),
    "test_any_order_of_files_gives_the_same": reading(Resentful),
    "test_a_payload_gives_its_documents_again": saying(forgetting_payment, left_out=NO_WRITE),
    "test_any_order_of_documents_gives_the_same": reading(Counting, left_out=NO_PAYLOAD),
    "test_memory_does_not_grow_with_the_file": reading(Hoarding),
    # Orders read together
    "test_an_order_is_the_same_in_any_turn_of_its_payloads": reading(OrderFirst),
    "test_a_refund_without_its_order_awaits_it_or_is_the_same": reading(Guessing),
    "test_a_refund_alone_takes_a_persons_word_for_its_order": reading(Deaf),
    # Damage
    "test_an_empty_file_is_refused": reading(Silent),
    "test_a_file_of_another_kind_is_refused": reading(Polite),
    "test_a_byte_order_mark_changes_nothing": reading(MindingMarks),
    "test_a_cut_file_never_passes_for_a_whole_one": reading(Forgiving),
    "test_a_file_cut_between_lines_never_passes_for_a_whole_one": reading(Uncounting),
    "test_an_amount_that_is_no_money_is_refused_or_flagged": reading(Generous),
    "test_an_amount_is_never_rounded": reading(Rounding),
    "test_an_unknown_type_becomes_an_unclassified_line": reading(Strict),
    "test_damage_raises_document_errors_and_nothing_else": reading(Leaking),
    "test_every_code_begins_with_the_plugins_name": reading(Nameless),
    # Buyers
    "test_nothing_of_a_buyer_is_kept": saying(keeping_all),
    "test_no_error_tells_of_a_buyer": reading(Gossiping),
}


ALSO = {"test_amounts_are_whole_minor_units": {"test_every_part_is_of_the_types_that_are_promised"}}
"""What else a twin cannot but fail: a float is no int."""


@pytest.mark.parametrize("check", TWINS)
def test_a_bad_twin_fails_its_check_and_no_other(check: str) -> None:
    assert failing(TWINS[check]) == {check, *ALSO.get(check, ())}


@pytest.mark.parametrize(("word", "failed"), [("teleport", set()), ("product", {HELD})])
def test_a_sample_that_is_held_is_held_for_the_reason_its_author_gives(word: str, failed: set[str]) -> None:
    odd = UNPAID | {"id": "1003", "order": "1003", "lines": [{"id": "1", "type": word, "amount": "5.00"}]}

    assert failing(showing(*SAMPLES, SampleFile("odd", export(odd), held=("tiny.unclassified",)))) == failed


@pytest.mark.parametrize(
    "tax",
    [
        taxed_at("5", base="sale.product") + taxed_at("7", base="duty"),
        (*taxed_at("5"), TaxComponent(rate="7", base="sale.product")),
        taxed_at("5") + taxed_at("7.0"),
    ],
)
def test_taxes_of_a_line_share_one_base_and_each_has_a_plain_rate(tax: Tax) -> None:
    taxing = saying(line=lambda _, line: replace(line, tax=tax) if line.tax_base else line)

    assert failing(taxing) == {"test_facts_of_tax_are_plain"}


def test_change_booked_as_a_repayment_is_explained() -> None:
    change = {"id": "t9", "gateway": "card", "amount": "0.40"}

    class Repaying(TinySource):
        def payment(self, said: Said, row: Row, name: str) -> Line:
            line = super().payment(said, row, name)
            return replace(line, part=Part.REPAYMENT) if row.id == "t9" else line

    paid = ORDER | {"payments": [*ORDER["payments"], change]}
    kit = type("Twin", (reading(Repaying),), {"samples": lambda _: (SampleFile("a", export(paid)),)})
    with pytest.raises(pytest.fail.Exception, match="change given back is a positive receipt"):
        kit().test_an_order_is_paid_when_its_receipts_cover_it()


@pytest.mark.parametrize(("told_minor", "failed"), [(500, set()), (400, {COVERED}), (None, {COVERED})])
def test_an_order_that_grew_after_it_was_paid_says_by_how_much(told_minor: int | None, failed: set[str]) -> None:
    """Its receipts stay as charged; what they lack is a concern, to the cent."""

    class Growing(TinySource):
        def document(self, said: Said, name: str) -> Iterator[FilePart]:
            for part in super().document(said, name):
                if isinstance(part, DocumentEnd) and said.id == "1003" and told_minor is not None:
                    yield replace(part, concerns=(Concern(ConcernKind.EDITED, said.at, told_minor, "It grew."),))
                else:
                    yield part

    grown = ORDER | {
        "id": "1003",
        "order": "1003",
        "total": str(Decimal(str(ORDER["total"])) + 5),
        "lines": [*ORDER["lines"], {"id": "7", "type": "product", "amount": "5.00"}],
    }
    samples = (*SAMPLES, SampleFile("grown", export(grown)))
    kit = type("Twin", (reading(Growing),), {"samples": lambda _: samples})
    assert failing(kit) == failed


def test_every_check_has_a_bad_twin() -> None:
    assert checks(Shop) == TWINS.keys()
