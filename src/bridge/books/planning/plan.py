"""Whether an entry's vouchers may be sent, and why not yet. Pure: the ledger's facts come in as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import msgspec

from bridge.books.planning.accounts import Missing, Resolved, off_currency, passed_through, resolve, tax_codes
from bridge.books.planning.early import Early
from bridge.books.planning.open import NOTHING_BEFORE, OpenBefore
from bridge.books.planning.paid import PayState
from bridge.books.planning.proof import check
from bridge.books.planning.tracking import tracking
from bridge.errors import Disposition, HoldError, PluginError
from bridge.model.accounts import OF
from bridge.model.chart import Chart, chart_with, title
from bridge.model.connections import BankLeg, Route
from bridge.model.contacts import in_currency, system_customer
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.periods import place
from bridge.model.reasons import Reason
from bridge.model.tax_setup import TaxQuestion, is_cash, odd_tax_codes
from bridge.model.vouchers import Voucher, voucher_id
from bridge.plugin import NO_REFS, DayOfCurrency, PlanRequest, Sink, SourceCapabilities, SourceOffer

NO_RATES: Mapping[DayOfCurrency, str] = MappingProxyType({})


class Ledger(msgspec.Struct, frozen=True):
    """What planning knows of a ledger, and of the channel that feeds it.

    route: with the regime that it is booked by; where that is not settled, question: what a person must answer first.
    facts, sink: None while it does not answer; silence: what it said instead; why_silent: what must happen next.
    country: as it said last. types: as what each account of the chart is made in it.
    rates: its own, of what waits in another currency. turns_rates: as its plugin declares.
    """

    route: Route
    source: SourceOffer
    facts: LedgerFacts | None
    sink: Sink | None
    silence: str = ""
    why_silent: Disposition | None = None
    question: TaxQuestion | None = None
    country: str = ""
    rates: Mapping[DayOfCurrency, str] = NO_RATES
    types: Mapping[str, str] = NO_REFS
    turns_rates: bool = False

    @property
    def chart(self) -> Chart:
        """The accounts that rules and the channel name."""
        return chart_with(self.channel.accounts)

    @property
    def channel(self) -> SourceCapabilities:
        """What the channel declares."""
        return self.source.capabilities

    def customer(self, currency: str) -> str:
        """In whose name the channel's sales of a currency stand in the ledger; empty while it is silent."""
        if self.facts is None:
            return ""
        if self.facts.own_customer and not self.facts.receivables:
            return self.facts.own_customer
        name = self.facts.own_customer or system_customer(self.source.title, self.route.source)
        return in_currency(name, currency, self.facts.home_currency)

    @property
    def prefix(self) -> str:
        """What its voucher numbers open with."""
        return self.channel.prefix


_CREATE = "create it (`bridge accounts create {route}` shows what it would make), or correct the name; then run again"


class Plan(msgspec.Struct, frozen=True):
    """The vouchers of an entry, or why there are none yet (reason and note)."""

    vouchers: tuple[Voucher, ...]
    reason: str = ""
    note: str = ""


class Waiting(msgspec.Struct, frozen=True):
    """What else may keep an entry's vouchers back.

    Lines nobody classified, a payout that has not arrived, and what may still come for it (early).
    """

    is_unclassified: bool
    pay: PayState | None = None
    note: str = ""
    early: Early | None = None


def plan(
    entry: JournalEntry,
    ledger: Ledger,
    after: Sequence[str],
    before: OpenBefore = NOTHING_BEFORE,
    *,
    again: int = 0,
) -> Plan:
    """Decide an entry's vouchers, or name what is missing: the ledger's answer, accounts, an open period, a rate.

    A plan that does not say what the entry says is no plan. Every reason says what to do. again: as of a plan request.
    after: voucher ids that must be in the ledger first; those of ``before`` too.
    """
    if ledger.question is not None:
        return Plan((), ledger.question.code, ledger.question.words)
    if ledger.facts is None or ledger.sink is None:
        return Plan((), Reason.FACTS_UNAVAILABLE, ledger.silence)
    table = f"routes.{ledger.route.name}"
    numbers = (posting.account for posting in entry.postings)
    found = resolve(numbers, ledger.route, ledger.facts, ledger.chart, entry.currency)
    if unusable := _unusable(found, ledger):
        return unusable
    dated_on = place(entry.booked_on, ledger.facts.locked_through, ledger.route.late)
    if dated_on is None:
        note = f"{entry.booked_on} lies in a period closed through {ledger.facts.locked_through}"
        return Plan(
            (), Reason.PERIOD_LOCKED, f'{note}: open it and run again, or set late = "next_open_day" in [{table}]'
        )
    taxes = tax_codes((posting.tax_code for posting in entry.postings), ledger.route, ledger.facts)
    if taxes.missing:
        names = ", ".join(taxes.missing)
        note = f"no tax code of the ledger is known to serve {names}: map it in [{table}.tax_codes]"
        return Plan((), Reason.TAX_CODE_MISSING, note)
    odd = odd_tax_codes(ledger.route, ledger.facts)
    if wrong := [odd[treatment] for treatment in sorted(taxes.codes) if treatment in odd]:
        note = f"{'; '.join(wrong)}: map a code of the treatment's own rate in [{table}.tax_codes], then run again"
        return Plan((), Reason.TAX_CODE_RATE, note)
    tracked = tracking(entry.postings, ledger.route, ledger.facts, found.accounts)
    if tracked.missing:
        note = f"the ledger cannot report as [{table}] or its rules say: {'; '.join(tracked.missing)}: {_CREATE}"
        return Plan((), Reason.TRACKING_MISSING, note.format(route=ledger.route.name))
    try:
        vouchers = ledger.sink.plan(
            PlanRequest(
                entry=entry,
                accounts={**passed_through(entry, ledger.route, ledger.facts, ledger.chart), **found.accounts},
                facts=ledger.facts,
                prefix=ledger.prefix,
                dated_on=dated_on,
                after=(*after, *(each.voucher_id for each in before.settles if each.voucher_id not in after)),
                tax_codes=taxes.codes,
                is_cash=is_cash(ledger.route, ledger.facts),
                names={number: ledger.chart[number].name for number in found.accounts if number in ledger.chart},
                tracking=tracked.tracked,
                customer=ledger.customer(entry.currency),
                again=again,
                rate=ledger.rates.get((entry.currency, dated_on), ""),
                settles=before.settles,
                owed_again_by=before.contact,
            )
        )
        check(entry, vouchers, found.accounts, tracked.tracked)
    except (HoldError, PluginError) as cause:
        is_of_bank = entry.purpose is Purpose.SETTLEMENT and not ledger.facts.takes(entry.currency)
        return Plan((), cause.code, _with_what_arrived(str(cause), entry) if is_of_bank else str(cause))
    if odd_accounts := off_currency(found.accounts, entry.currency, ledger.facts):
        note = _of_other_currency(odd_accounts, entry.currency, ledger)
        return Plan((), Reason.ACCOUNT_CURRENCY, _with_what_arrived(note, entry) if entry.is_bank_leg else note)
    return Plan(vouchers)


def _with_what_arrived(note: str, entry: JournalEntry) -> str:
    """The note, with what a person may say of a payout that waits for its currency."""
    return (
        f"{note.rstrip('.')}. Where the bank got another currency than {entry.currency}, say what: "
        f'`bridge arrived {entry.slot.group} "AMOUNT CURRENCY" --on DAY`'
    )


def _of_other_currency(kept_in: Mapping[str, str], currency: str, ledger: Ledger) -> str:
    names = ", ".join(f"{title(ledger.chart, number)} (kept in {kept})" for number, kept in sorted(kept_in.items()))
    keys = " and ".join(f'"{number}{OF}{currency}"' for number in sorted(kept_in))
    return (
        f"it is in {currency}, and what it stands on is not: {names}. Create an account kept in {currency} in the "
        f"ledger and name it as {keys} in [routes.{ledger.route.name}.accounts]; then run again"
    )


def _unusable(found: Resolved, ledger: Ledger) -> Plan | None:
    """Why nothing can be planned on these accounts: all that is wrong is told, and the first gives the reason."""
    table = f"routes.{ledger.route.name}.accounts"
    told: list[tuple[Reason, str]] = []
    if found.missing:
        names = ", ".join(_missing(one, ledger) for one in found.missing)
        note = f"the ledger has no account for {names}: create it there, or map it in [{table}]; then run again"
        told.append((Reason.ACCOUNT_MISSING, note))
    if found.archived:
        names = ", ".join(found.archived)
        note = f"the ledger has archived {names} (or merged it into another account): make it active there, or map "
        told.append((Reason.ACCOUNT_ARCHIVED, f"{note}another in [{table}]; then run again"))
    if found.odd:
        note = f"{'; '.join(found.odd)}: map another in [{table}]; then run again"
        told.append((Reason.ACCOUNT_TYPE, note))
    return Plan((), told[0][0], ". ".join(note for _, note in told)) if told else None


def _missing(missing: Missing, ledger: Ledger) -> str:
    """``1240 Other gateway clearing (mapped to 'Klarna'; type Bank, CashOnHand)``."""
    mapped = f"mapped to {missing.wanted!r}" if missing.wanted != missing.number else ""
    known = ledger.chart.get(missing.number)
    words = "; ".join(filter(None, (mapped, known.told(ledger.types) if known else "")))
    name = title(ledger.chart, missing.number)
    return f"{name} ({words})" if words else name


def standing(
    entry: JournalEntry,
    planned: Plan,
    waiting: Waiting,
    route: Route,
    *,
    is_released: bool = False,
    is_tried_out: bool = False,
) -> tuple[DeliveryState, str, str]:
    """Where an entry's vouchers stand now: state, reason, note. is_tried_out: they are part of their route's pilot."""
    if waiting.pay is PayState.FAILED:
        return DeliveryState.WITHDRAWN, Reason.PAYOUT_FAILED, waiting.note
    if entry.is_bank_leg and route.bank_leg is BankLeg.NONE:
        return DeliveryState.WITHDRAWN, Reason.NO_BANK_LEG, Reason.NO_BANK_LEG.words
    if planned.reason:
        return DeliveryState.HELD, planned.reason, planned.note
    if entry.is_bank_leg and waiting.pay is not PayState.PAID:
        return (
            DeliveryState.HELD,
            Reason.NOT_PAID,
            f"nothing to do: it goes out when the payout is due, {entry.booked_on}",
        )
    if waiting.early and not is_released:
        return DeliveryState.HELD, waiting.early.reason, waiting.early.note
    if waiting.is_unclassified and not is_released:
        return DeliveryState.HELD, Reason.UNCLASSIFIED, Reason.UNCLASSIFIED.words
    if route.review and not is_released and not is_tried_out:
        return DeliveryState.HELD, Reason.REVIEW, Reason.REVIEW.words
    if route.pilot and not route.review and not is_tried_out:
        return DeliveryState.HELD, Reason.PILOT_AWAITED, Reason.PILOT_AWAITED.words.replace("ROUTE", route.name)
    return DeliveryState.OWED, "", ""


def first_deliveries(
    entry: JournalEntry, planned: Plan, waiting: Waiting, route: Route, now: datetime, *, from_round: int = 0
) -> tuple[Delivery, ...]:
    """The deliveries of a new entry: one a voucher, or a placeholder while they cannot be planned.

    from_round: above every one in which the same key was tried before.
    """
    state, reason, note = standing(entry, planned, waiting, route)
    return tuple(
        Delivery(
            voucher_id=voucher.voucher_id if voucher else voucher_id(entry.entry_id, 1),
            entry_id=entry.entry_id,
            ledger=route.ledger,
            route_id=route.route_id,
            voucher=voucher,
            state=state,
            reason=reason,
            note=note,
            round=from_round,
            due_at=now if state is DeliveryState.OWED else None,
        )
        for voucher in (planned.vouchers or (None,) if planned.reason else planned.vouchers)
    )
