"""Pure: what the steps of a run did, as numbers, amounts and causes that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from bridge.errors import BridgeError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.money import NOT_KNOWN
from bridge.model.reasons import Reason
from bridge.model.runs import Amount, Failure, Told

if TYPE_CHECKING:
    from bridge.books import BookRun
    from bridge.delivery import DrainReport
    from bridge.drift import Report
    from bridge.ingest import ImportedFile, Pulled

KNOWN = "known"
AT_STAKE, SENT = "at stake", "delivered"
_FOR_A_PERSON = frozenset({"held", "needs_correction"})
"""What the books call a document that waits for a person."""
_SEE_HELD = "See what waits and how to decide: `bridge held`"
_LOOKED_AGAIN = "The next `bridge sync` or `bridge deliver` asks the ledger again"
_COMPARE = "Compare the document in the channel with the file, and bring the newer of the two"


def added(one: Told, other: Told) -> Told:
    """Both together; of a cause that both met, the earlier message stands."""
    return Told(
        taken_in=_sum(one.taken_in, other.taken_in),
        booked=_sum(one.booked, other.booked),
        vouchers=_sum(one.vouchers, other.vouchers),
        findings=_sum(one.findings, other.findings),
        amounts=_amounts((each.what, each.currency, each.minor) for each in (*one.amounts, *other.amounts)),
        failures=by_cause((*one.failures, *other.failures)),
    )


def of_files(files: Sequence[ImportedFile]) -> Told:
    """What files brought; amounts are of what was saved."""
    documents = [found for file in files for found in file.documents if found.is_told]
    saved = [found.document for found in documents if found.outcome != KNOWN]
    differing = [
        Failure(one.code, 1, f"{one.where}: {one.message}", _COMPARE) for file in files for one in file.problems
    ]
    return Told(
        taken_in=_sum(Counter(str(found.outcome) for found in documents)),
        amounts=_amounts((str(one.identity.kind), one.currency, one.total_minor) for one in saved),
        failures=by_cause([*(_failure(file.error) for file in files if file.error is not None), *differing]),
    )


def of_pull(pulled: Pulled) -> Told:
    """What a channel answered. What stopped a stream, or the asking by id, is told by ``of_faults``."""
    return Told(taken_in=_sum({str(outcome): count for outcome, count in pulled.documents.items()}))


def of_faults(pulled: Pulled) -> Told:
    """What stopped a stream, or the asking by id, by cause."""
    return Told(failures=by_cause(map(_failure, faults(pulled))))


def faults(pulled: Pulled) -> tuple[BridgeError, ...]:
    """What stopped a stream, or the asking by id; none of it stopped the others."""
    errors = (*(report.error for report in pulled.streams), pulled.error)
    return tuple(error for error in errors if error is not None)


def of_books(books: Sequence[BookRun]) -> Told:
    """What became of documents, and why of some nothing did. Their vouchers are told once it is known where they go."""
    outcomes = [one for run in books for one in run.documents]
    causes = [
        Failure(one.reason or one.result, 1, f"{one.external_id}: {one.message or one.reason}", _SEE_HELD)
        for one in outcomes
        if one.result in _FOR_A_PERSON
    ]
    silent = [
        Failure(Reason.FACTS_UNAVAILABLE, 1, f"route {run.route}: {run.silence}", _LOOKED_AGAIN)
        for run in books
        if run.silence
    ]
    asked = [Failure(one.code, 1, one.title, one.next_step) for one in (run.question for run in books) if one]
    booked = _sum(Counter(str(one.result) for one in outcomes))
    return Told(booked=booked, failures=by_cause([*causes, *silent, *asked]))


def of_planned(books: Sequence[BookRun]) -> Told:
    """The vouchers of what was booked, where nothing was to be sent."""
    states = DeliveryState
    put = ({states.OWED: run.owed, states.HELD: run.held, states.WITHDRAWN: run.withdrawn} for run in books)
    return Told(vouchers=_sum(*({str(state): count for state, count in each.items()} for each in put)))


def of_drain(report: DrainReport, parked: Sequence[Delivery], sent_minor: Mapping[str, int]) -> Told:
    """One ledger's delivery. parked: the vouchers that it parked, each with its cause.

    sent_minor: what those it delivered come to, by currency.
    """
    came = {DeliveryState.DELIVERED: report.delivered, DeliveryState.WITHDRAWN: report.withdrawn}
    refused = [Failure(one.reason, 1, f"voucher {one.voucher_id}: {one.note}", _SEE_HELD) for one in parked]
    stopped = [Failure(report.stopped, 1, f"{report.ledger}: {report.note}", _way_on(report))] if report.stopped else []
    return Told(
        vouchers=_sum({str(state): count for state, count in {**report.standing, **came}.items()}),
        amounts=_amounts((SENT, currency, minor) for currency, minor in sent_minor.items()),
        failures=by_cause([*refused, *stopped]),
    )


def of_check(report: Report) -> Told:
    """One route's check: its open findings, and what is at stake."""
    return Told(
        findings=_sum(Counter(str(kept.finding.severity) for kept in report.open_findings)),
        amounts=_amounts((AT_STAKE, currency, minor) for currency, minor in report.at_stake_minor.items()),
    )


def of_error(error: BridgeError) -> Told:
    """A part that failed as a whole."""
    return Told(failures=(_failure(error),))


def by_cause(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """One a code, in the order in which they came first."""
    found: dict[str, Failure] = {}
    for one in failures:
        first = found.get(one.code)
        found[one.code] = msgspec.structs.replace(first, times=first.times + one.times) if first else one
    return tuple(found.values())


def _failure(error: BridgeError) -> Failure:
    return Failure(error.code, 1, f"{error.thing}: {error.cause}", error.next_step)


def _way_on(report: DrainReport) -> str:
    """What to do about a drain that stopped."""
    if report.stopped.startswith("authorization"):
        return f"Let bridge in again: `bridge connections authorize {report.ledger}`"
    if report.stopped.startswith("plugin."):
        return f"Have the plugin repaired, then `bridge connections resume {report.ledger}`"
    return "Nothing to do: the next run goes on"


def _sum(*counts: Mapping[str, int]) -> dict[str, int]:
    """All of them added up, by name; those that come to nothing are left out."""
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return {name: count for name, count in sorted(total.items()) if count}


def _amounts(parts: Iterable[tuple[str, str, int]]) -> tuple[Amount, ...]:
    """One a kind and currency; of a document that waits for its order no amount is known."""
    total = Counter[tuple[str, str]]()
    for what, currency, minor in parts:
        if currency != NOT_KNOWN:
            total[what, currency] += minor
    return tuple(Amount(what, minor, currency) for (what, currency), minor in sorted(total.items()))
