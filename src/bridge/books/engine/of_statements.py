"""The policy of a source that reports statements: a line goes to its month, and the last month bears the total.

Carry: what earlier months move is carried through 1280 into the last; 1280 is zero after all of them. The last month is
the one the statement closes in, whether or not it has lines. An entry with nothing to say is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from bridge.books.engine.bank import name_of
from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import is_unclassified
from bridge.books.engine.draft import Closed, Refusal
from bridge.books.engine.legs import Closing, Leg, alone, closing
from bridge.books.engine.place import Place
from bridge.books.engine.split import Span, place_of, spans
from bridge.books.engine.sums import Way
from bridge.books.engine.walk import Part, Walk
from bridge.books.engine.work import Work
from bridge.books.rules.choose import Chooser
from bridge.books.tax.groups import Groups, groups_of
from bridge.books.tax.liability import PASSED_THROUGH, RESIDUE, Share, is_rounding, left_over, residue_legs
from bridge.books.tax.questions import money, question
from bridge.books.tax.taxes import taxes_of, taxes_then
from bridge.model.chart import ACCOUNTS_RECEIVABLE, CARRY_FORWARD, FACILITATOR_TAX
from bridge.model.connections import BankLeg, Route
from bridge.model.documents import Document
from bridge.model.entries import (
    CARRY,
    SETTLEMENT_DIFFERENCE,
    SETTLEMENT_TOTAL,
    Half,
    JournalEntry,
    Mode,
    Posting,
    Purpose,
    Slot,
)
from bridge.model.findings import FACILITATOR_RESIDUE, Finding, Severity
from bridge.model.lines import UNCLASSIFIED, Line
from bridge.model.periods import arrival_day, local_day, month_end, month_of
from bridge.model.reasons import unbalanced
from bridge.model.slots import MonthPart, compose
from bridge.model.tax_regimes import row_of
from bridge.store.api import KeptDocument, TaxSum, UnitOfWork

TOTAL, DIFFERENCE = SETTLEMENT_TOTAL, SETTLEMENT_DIFFERENCE
_NEVER = datetime.max.replace(tzinfo=UTC)
_SHOWN = 20


class OfStatement:
    """One statement, or the payout of a channel that reports no orders."""

    def __init__(self, uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> None:
        self._uow, self._basis, self._route = uow, basis, basis.route
        self.kept, self._document = kept, kept.document
        self._document_id = self._document.document_id
        self._spans = spans(self._document, basis.route, basis.rulings.versions)
        self._starts = [span.since for span in self._spans]
        self._ends = [*(after.since for _, after in pairwise(self._spans)), _NEVER]
        self._slots = [_slot(self._document, basis.route, span.month) for span in self._spans]
        self._ways: dict[int, list[Way]] = {}
        self._parts: Mapping[Slot, Part] = {}
        self._groups: dict[int, Groups] = {}
        self._at = 0
        self._is_current = False

    def work(self) -> Work:
        """All slots that its lines may be in, or are."""
        named = (each for each in self._uow.entries.of_document(self._document_id) if each.is_live)
        before = (each.entry.slot for each in named if each.entry.purpose is Purpose.SETTLEMENT)
        slots = tuple(dict.fromkeys((*sorted({*self._slots, *before}, key=str), self._slots[-1])))
        return Work(
            slots=slots,
            places={slot: self._place(slot) for slot in slots},
            documents={self._document_id: self.kept},
            payouts={},
            done=frozenset({self._document_id}),
        )

    def into(self, parts: Mapping[Slot, Part]) -> OfStatement:
        """The same, once its slots are parts."""
        self._parts = parts
        return self

    def way(self, document_id: str, document: Document, line: Line) -> Way | None:
        if not self._is_current:  # what was taken back is summed: its tax groups are not asked for again
            self._is_current = True
            self._ways.clear()
            self._groups.clear()
        return self._ways_of(document.revision)[self._span_at(line.occurred_at)]

    def way_in(self, slot: Slot, revision: int, line: Line) -> Way:
        return self._ways_of(revision)[self._span_at(line.occurred_at)]

    def is_unclassified(self, entry: JournalEntry, made: Sequence[JournalEntry]) -> bool:
        return is_unclassified(made)

    def close(self, uow: UnitOfWork, parts: Mapping[Slot, Part], walk: Walk) -> Closed:
        stood = [posting for part in parts.values() for each in part.standing.stays for posting in each.postings]
        groups = self.groups(self._document.revision)
        sums = [part.fresh for part in parts.values()]
        legs = {part.place.slot.part: part.fresh.legs() for part in parts.values() if not part.fresh.is_empty}
        off = self._off(legs, stood)
        if off:
            return Closed(refusal=Refusal(unbalanced(self._document.identity.kind), apart(self._document, off)))
        open_lines, open_minor = sum(each.open_lines for each in sums), sum(each.open_minor for each in sums)
        problem = question(self._document, self._route, groups, open_lines=open_lines, open_minor=open_minor)
        if problem is not None:
            return Closed(refusal=Refusal(problem.code, problem.message, problem))
        made = tuple(self._entries(parts, legs, stood, groups))
        left = _left_over(legs, stood)
        findings = () if is_rounding(left, groups.withheld_lines) else (self._residue(left, groups.uneven),)
        return Closed(made, (*findings, *self._differences(stood)))

    def groups(self, revision: int) -> Groups:
        """What the tax rows of a revision say; lines that a rule names are what the rule says."""
        if revision not in self._groups:
            row = row_of(self._route.tax_regime)
            kinds = () if row.rides else PASSED_THROUGH
            sums: Iterable[TaxSum] = self._uow.documents.tax_sums(self._document_id, revision, kinds)
            if any(rule.as_kind for version in self._basis.rulings.versions for rule in version.rules):
                sums = _with_named(sums, self._named(revision))
            self._groups[revision] = groups_of(sums, self._route.standard_rate, row)
        return self._groups[revision]

    # Where a line goes.

    def _span_at(self, at: datetime) -> int:
        if not self._starts[self._at] <= at < self._ends[self._at]:
            self._at = place_of(at, self._starts)
        return self._at

    def _ways_of(self, revision: int) -> list[Way]:
        ways = self._ways.get(revision)
        if ways is None:
            route, groups, home_country = self._route, self.groups(revision), self._basis.ledger.country
            now = taxes_of(route, groups, home_country=home_country)
            then = taxes_then(route, groups, home_country=home_country)
            ways = self._ways[revision] = [
                Way(self._parts[slot].fresh, self._chooser(span), now, then, is_opening=span.is_opening)
                for slot, span in zip(self._slots, self._spans, strict=True)
            ]
        return ways

    def _chooser(self, span: Span) -> Chooser:
        return self._basis.rulings.choosers[span.rules.version]

    def _place(self, slot: Slot) -> Place:
        last, month = self._last_month, slot.part
        booked_on = local_day(self._document.closed_at, self._route.time_zone) if month == last else month_end(month)
        return Place(slot, booked_on, Purpose.SETTLEMENT, name_of(self._document))

    @property
    def _last_month(self) -> str:
        return month_of(local_day(self._document.closed_at, self._route.time_zone))

    def _named(self, revision: int) -> dict[str, list[TaxSum]]:
        """The lines that nobody but a rule has classified, by tax group, as the kinds that they then are."""
        named: dict[str, list[TaxSum]] = {}
        for page in self._uow.documents.lines(self._document_id, revision, kind=UNCLASSIFIED):
            for line in page:
                kind = self._chooser(self._spans[self._span_at(line.occurred_at)]).choose(line).kind
                if line.tax_group and kind != UNCLASSIFIED:
                    found = TaxSum(line.tax_group, kind, line.tax_base, line.amount_minor, int(line.amount_minor != 0))
                    named.setdefault(line.tax_group, []).append(found)
        return named

    # What it comes to.

    def _off(self, legs: Mapping[str, Sequence[Leg]], stood: Sequence[Posting]) -> int:
        """By how much what is booked and what stood miss the total."""
        of_lines = sum(leg.amount_minor for several in legs.values() for leg in several)
        before = sum(posting.amount_minor for posting in stood if posting.line_count)
        return self._document.total_minor + of_lines + before

    def _entries(
        self,
        parts: Mapping[Slot, Part],
        legs: Mapping[str, Sequence[Leg]],
        stood: Sequence[Posting],
        groups: Groups,
    ) -> Iterator[JournalEntry]:
        """The months in order."""
        last = self._last_month
        order = [*(month for month in sorted(legs) if month != last), last]
        carried = {month: -sum(leg.amount_minor for leg in legs[month]) for month in order[:-1]}
        by_month = {slot.part: part for slot, part in parts.items()}
        for number, month in enumerate(order, start=1):
            postings = [leg.posting() for leg in legs.get(month, ())]
            postings += alone(legs.get(month, ()), len(postings))
            if month == last:
                derived = self._closing(legs, stood, groups, sum(carried.values()))
            else:
                derived = [(CARRY_FORWARD, CARRY, carried[month], f"Carried to {last}", Half.NONE)]
            postings += closing(derived, len(postings))
            if postings:
                yield self._entry(by_month[month], postings, f"part {number} of {len(order)}")

    def _closing(
        self, legs: Mapping[str, Sequence[Leg]], stood: Sequence[Posting], groups: Groups, carried: int
    ) -> list[Closing]:
        residue = residue_legs(_left_over(legs, stood), groups.withheld_lines)
        total = self._document.total_minor
        return [
            *(
                (account, RESIDUE, amount, "Rounding between tax collected and tax withheld", Half.NONE)
                for account, amount in residue
            ),
            (CARRY_FORWARD, CARRY, -carried, "Carried from earlier months", Half.NONE),
            self._total_leg(total - _total(stood), has_one=_has_total(stood)),
        ]

    def _differences(self, stood: Sequence[Posting]) -> tuple[Finding, ...]:
        """What is said where bridge moves no payout: a person's line of the bank equals the total that was posted."""
        if self._route.bank_leg is BankLeg.TRANSFER or not _has_total(stood):
            return ()
        posted = sum(posting.amount_minor for posting in stood if posting.kind == TOTAL)
        total = self._document.total_minor
        is_other = total not in (posted, _total(stood)) and max(total, posted) > 0
        return (_difference(self._document, total - posted, self._route.route_id),) if is_other else ()

    def _total_leg(self, amount: int, *, has_one: bool) -> Closing:
        """The total; where the ledger has one, the difference to it, which never joins what equals a bank line."""
        words = f"Total of {name_of(self._document)}"
        if has_one:
            return self._route.clearing, DIFFERENCE, amount, f"{words}: difference to the former", Half.NONE
        return total_account(self._route, self._document.total_minor), TOTAL, amount, words, Half.NONE

    def _entry(self, part: Part, postings: Sequence[Posting], words: str) -> JournalEntry:
        document, chain = self._document, part.standing.chain
        is_open = any(posting.kind == TOTAL and posting.account == ACCOUNTS_RECEIVABLE for posting in postings)
        made = JournalEntry(
            slot=part.place.slot,
            number=part.standing.number(),
            document_id=self._document_id,
            revision=document.revision,
            booked_on=part.place.booked_on,
            currency=document.currency,
            narration=_narration(part, chain.sent_before, words),
            postings=tuple(postings),
            rule_version=self._basis.rulings.newest,
            content_hash=document.content_hash,
            plugin_version=document.plugin_version,
            sent_before=chain.sent_before,
            due_on=arrival_day(document, self._route.time_zone) if is_open else None,
        )
        part.fresh.entry_id = made.entry_id
        return made

    def _residue(self, left_minor: int, uneven: tuple[Share, ...]) -> Finding:
        document = self._document
        return Finding(
            code=FACILITATOR_RESIDUE,
            severity=Severity.WARNING,
            route_id=self._route.route_id,
            subject=self._document_id,
            title=f"settlement {document.identity.external_id}: {money(left_minor, document)} of facilitator tax "
            "did not cancel out",
            amount_minor=left_minor,
            currency=document.currency,
            cause="Tax collected and tax withheld by the marketplace differ within the settlement, "
            "by more than rounding",
            repair=f"It stands on {FACILITATOR_TAX}: ask the channel who remits it, then re-code it",
            evidence=tuple(
                (
                    share.group,
                    f"collected {money(share.collected_minor, document)}",
                    f"withheld {money(share.withheld_minor, document)}",
                )
                for share in uneven[:_SHOWN]
            ),
        )


def total_account(route: Route, total_minor: int) -> str:
    """Where a settlement's total stands until it is paid: on clearing, or in an open document of its own."""
    is_open = route.bank_leg is BankLeg.DOCUMENT and total_minor > 0
    return ACCOUNTS_RECEIVABLE if is_open else route.clearing


def apart(document: Document, off_minor: int) -> str:
    """What is said of a statement whose lines miss its total by so much."""
    amounts = (document.total_minor, document.total_minor - off_minor, off_minor)
    total, lines, off = (money(minor, document) for minor in amounts)
    return f"its total is {total} but its lines add up to {lines}: {off} apart"


def _slot(document: Document, route: Route, month: str) -> Slot:
    return Slot(route.route_id, Mode.PAYOUT, document.identity.external_id, compose(MonthPart(month)))


def _narration(part: Part, sent_before: int, words: str) -> str:
    name, month = part.place.name, part.place.slot.part
    if part.standing.stays:
        return f"{name}, supplement {sent_before}: {month}"
    return name if words == "part 1 of 1" else f"{name}, {words}: {month}"


def _total(stood: Iterable[Posting]) -> int:
    """What entries that stay have of the total."""
    return sum(posting.amount_minor for posting in stood if posting.kind in {TOTAL, DIFFERENCE})


def _has_total(stood: Iterable[Posting]) -> bool:
    return any(posting.kind == TOTAL for posting in stood)


def _left_over(legs: Mapping[str, Sequence[Leg]], stood: Iterable[Posting]) -> int:
    """What collected and withheld tax leave on the pass-through account over the statement; zero when they met."""
    fresh = ((leg.choice.account, leg.amount_minor) for several in legs.values() for leg in several)
    return left_over((*fresh, *((posting.account, posting.amount_minor) for posting in stood)))


def _with_named(sums: Iterable[TaxSum], named: dict[str, list[TaxSum]]) -> Iterator[TaxSum]:
    """All of a group together, in the groups' order; then the groups of nothing else."""
    group = ""
    for each in sums:
        if each.group != group:
            yield from named.pop(group, ())
            group = each.group
        yield each
    for rest in (named.pop(group, []), *named.values()):
        yield from rest


def _difference(document: Document, short: int, route_id: str) -> Finding:
    """What is said of a statement whose total is another now than the one in the ledger."""
    return Finding(
        code="books.payout_changed",
        severity=Severity.ERROR,
        route_id=route_id,
        subject=document.document_id,
        title=f"{name_of(document)}: its total is another now than the one that is in the ledger",
        amount_minor=short,
        currency=document.currency,
        cause="The channel issued it again after its total was posted, which equals a line of the bank's",
        repair="The difference stands on clearing: compare with the bank's line, then re-code it or accept it",
    )
