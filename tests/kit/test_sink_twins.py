"""Every check of the kit for sinks has a bad twin: a sink with one fault, which fails that check and no other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bridge import ids
from bridge.errors import AuthorizationError, HoldError, InDoubtError, RateLimitedError, RejectedError, UnavailableError
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.vouchers import LedgerCopy, Mark, Voucher
from bridge.plugin import (
    NO_REFS,
    Absent,
    Changes,
    LookUp,
    Made,
    Master,
    Observation,
    Outcome,
    Parcel,
    PlanRequest,
    Present,
    Signing,
    Sought,
    Unknown,
    Unread,
)
from tests.fakes.ledger import JOURNAL, TRANSFER, FakeLedger
from tests.kit.books import CAPABILITIES, DOOR, Books, Plugin, TinySink
from tests.kit.twins import checks, failing

replace = msgspec.structs.replace
COUNTER = itertools.count()


def over(sink: type[TinySink], **given: Any) -> type[Books]:
    """The kit over another sink."""
    return type("Twin", (Books,), {"sink_type": sink, **given})


class Planning(TinySink):
    """Plans as the sound sink does, and then changes the vouchers."""

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        return tuple(self.changed(request.entry, voucher) for voucher in super().plan(request))

    def changed(self, entry: JournalEntry, voucher: Voucher) -> Voucher:
        return voucher


class Asking(Planning):
    """Asks the ledger while it plans."""

    def changed(self, entry: JournalEntry, voucher: Voucher) -> Voucher:
        self.facts()
        return voucher


class Shifting(Planning):
    """Books a cent more than the entry says, of one with several lines."""

    def changed(self, entry: JournalEntry, voucher: Voucher) -> Voucher:
        if len(voucher.lines) < 3:
            return voucher
        first, *lines, last = voucher.lines
        first, last = (replace(line, amount_minor=line.amount_minor + cent) for line, cent in ((first, 1), (last, -1)))
        return replace(voucher, lines=(first, *lines, last))


class Vague(TinySink):
    """Holds an entry without saying why in a code."""

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        try:
            return super().plan(request)
        except HoldError as held:
            raise HoldError(held.thing, held.cause, held.next_step) from held


class Dropping(TinySink):
    """Leaves out what it does not know how to say."""

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        return self._paying(request, FakeLedger.plan(self, request))


class Renaming(Planning):
    """Makes the key of the entry, which is another one in a rebuilt store."""

    def changed(self, entry: JournalEntry, voucher: Voucher) -> Voucher:
        return replace(voucher, key=ids.derive("brk", voucher.voucher_id))


class Restless(TinySink):
    """Puts something new into every body."""

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        return super().render(voucher) + b" " * next(COUNTER)


class Floating(TinySink):
    """Lets money pass through a float."""

    def amount(self, minor: int, voucher: Voucher) -> object:
        return minor / 100


class Anonymous(TinySink):
    """Does not say whose books these are."""

    def facts(self) -> LedgerFacts:
        return replace(super().facts(), company="")


class Abroad(TinySink):
    """Names its country by three letters."""

    def facts(self) -> LedgerFacts:
        return replace(super().facts(), country="USA")


class Fractional(TinySink):
    """Settles after a float of seconds."""

    @property
    def settle_seconds(self) -> int:
        return 1.5  # type: ignore[return-value]


class Moving(TinySink):
    """Dates what it takes in a day later."""

    def __init__(self) -> None:
        super().__init__()
        self.alters = lambda copy: replace(copy, dated_on=copy.dated_on + timedelta(days=1))


class Repeating(TinySink):
    """Writes again under a header key that it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.replays_header_keys, self.has_unique_numbers = False, False


class Boasting(TinySink):
    """Says that numbers are unique, and writes a second object under one."""

    def __init__(self) -> None:
        super().__init__()
        self.has_unique_numbers = False

    def facts(self) -> LedgerFacts:
        return replace(super().facts(), has_unique_numbers=True)


class Sending(TinySink):
    """Sends as the sound sink does, and then tells it otherwise."""

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        try:
            return super().send(voucher, header_key, refs)
        except (InDoubtError, RejectedError, RateLimitedError, AuthorizationError) as error:
            raise self.told(error) from error

    def told(self, error: Exception) -> Exception:
        return error


class Sure(Sending):
    """Takes silence for a no."""

    def told(self, error: Exception) -> Exception:
        return UnavailableError("the ledger", "did not answer") if isinstance(error, InDoubtError) else error


class Codeless(Sending):
    """Refuses without a code."""

    def told(self, error: Exception) -> Exception:
        return RejectedError("voucher", "is refused", "Look at it") if isinstance(error, RejectedError) else error


class Hasty(Sending):
    """Does not hear for how long it should wait."""

    def told(self, error: Exception) -> Exception:
        return RateLimitedError("ledger", retry_after_seconds=1) if isinstance(error, RateLimitedError) else error


class Deaf(Sending):
    """Takes being shut out for a refusal of the voucher."""

    def told(self, error: Exception) -> Exception:
        refusal = RejectedError("voucher", "is refused", "Look at it", code="tiny.denied")
        return refusal if isinstance(error, AuthorizationError) else error


class Guessing(TinySink):
    """Finds something else where the voucher is not there."""

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        found = super().look_up(voucher, refs)
        return Present(self.objects()[0]) if found == Absent() and self.objects() else found


class Forgetting(TinySink):
    """Does not know what was deleted from what never was."""

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        for ref, state in super().read_back(refs):
            yield ref, Absent() if isinstance(state, Absent) else state


class Sorting(TinySink):
    """Answers in its own order."""

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        return super().read_back(sorted(refs))


class Denying(TinySink):
    """Takes silence for absence."""

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        found = super().look_up(voucher, refs)
        return Absent() if isinstance(found, Unknown) else found


class Proud(TinySink):
    """Observes only what is ours."""

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        for page in super().observe(wanted):
            yield page if isinstance(page, Unread) else tuple(copy for copy in page if copy.key)


class Choosy(TinySink):
    """Observes no transfers."""

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        for page in super().observe(wanted):
            yield page if isinstance(page, Unread) else tuple(copy for copy in page if copy.type != TRANSFER)


class Talkative(TinySink):
    """Tells in its echo whom an object names, and never again."""

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        return replace(super().send(voucher, header_key, refs), marks=(Mark("customer", "58"),))


class Discreet(TinySink):
    """Passes over what it may not read, without a word."""

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        return (page for page in super().observe(wanted) if not isinstance(page, Unread))


class Rigid(TinySink):
    """Reads nothing of what changed where it may not read one kind of it."""

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        for page in super().changes(since):
            if isinstance(page, Unread):
                raise RejectedError(page.kind, page.why, page.next_step)
            yield page


class Content(TinySink):
    """Ends an observation where the ledger stops answering."""

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        try:
            yield from super().observe(wanted)
        except UnavailableError:
            return


class Careless(TinySink):
    """Does not look whether somebody booked the payout."""

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        return ()


class Lasting(TinySink):
    """Does not tell what was deleted."""

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        for page in super().changes(since):
            yield Changes(page.copies) if isinstance(page, Changes) else page


class Ending(TinySink):
    """Ends what changed where the ledger stops answering."""

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        try:
            yield from super().changes(since)
        except UnavailableError:
            return


class Still(TinySink):
    """Tells no balances beside what changed."""

    def standing(self) -> LedgerFacts:
        facts = super().standing()
        return replace(facts, accounts=tuple(replace(one, balance_minor=0) for one in facts.accounts))


class Shuffling(TinySink):
    """Gives the outcomes of a call in another order than its vouchers."""

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        return super().send_batch(parcels)[::-1]


class Solidary(TinySink):
    """Says of all that they were refused when one was."""

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        outcomes = super().send_batch(parcels)
        refused = next((one for one in outcomes if isinstance(one, RejectedError)), None)
        return (refused,) * len(outcomes) if refused and len(outcomes) > 1 else outcomes


class Hopeful(TinySink):
    """Takes a call whose answer was lost for one that never arrived."""

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        try:
            return super().send_batch(parcels)
        except InDoubtError as error:
            if len(parcels) == 1:
                raise
            raise UnavailableError("the ledger", "did not answer") from error


class Muddling(TinySink):
    """Answers for several as the ledger lists them, not as they were asked for."""

    def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        answers = super().look_up_batch(sought)
        return tuple(sorted(answers, key=lambda one: one.copy.ref if isinstance(one, Present) else ""))


class Closing(TinySink):
    """Takes silence about several for proof that they are not there."""

    def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        answers = super().look_up_batch(sought)
        return tuple(Absent() if isinstance(one, Unknown) and len(sought) > 1 else one for one in answers)


class Kept(TinySink):
    """Says that it took out what it left there."""

    def undo(self, kind: str, copy: LedgerCopy) -> None:
        if copy in self.objects():
            return
        super().undo(kind, copy)


class Rough(TinySink):
    """Takes out what somebody edited, too."""

    def undo(self, kind: str, copy: LedgerCopy) -> None:
        if any(each.ref == copy.ref for each in self.objects()):
            self.delete(copy.ref)


class Forward(TinySink):
    """Tells in the profit and loss what came before the period."""

    def profit_and_loss(self, since: date, until: date) -> tuple[LedgerSum, ...]:
        return super().profit_and_loss(date.min, until)


class Generous(TinySink):
    """Makes one more than was named."""

    def make(self, master: Master) -> Made:
        made = super().make(master)
        super().make(replace(master, name=f"{master.name} 2", number=f"{master.number}2"))
        return made


class Doubling(TinySink):
    """Does not look whether it is there."""

    def create(self, master: Master) -> Made:
        return self.make(master)


class Early(Planning):
    """Does not wait for what it pays."""

    def changed(self, entry: JournalEntry, voucher: Voucher) -> Voucher:
        return replace(voucher, after=tuple(one for one in voucher.after if one != voucher.pays))


class Lavish(TinySink):
    """Pays more than is open."""

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        try:
            return super().plan(request)
        except HoldError as held:
            if held.code != "tiny.open":
                raise
            return FakeLedger.plan(self, request)


class Loose(TinySink):
    """Sends a payment without what it pays."""

    def settle(self, parcel: Parcel, echo: LedgerCopy) -> None:
        super().settle(replace(parcel, refs=NO_REFS), echo)


WRONG = replace(Books().offer(), version="")

TWINS: dict[str, type[Books]] = {
    # Every plugin
    "test_importing_it_reaches_no_network": over(TinySink, module="tests.kit.noisy"),
    "test_the_host_takes_its_offer": over(TinySink, plugin=lambda self: Plugin(WRONG)),
    "test_what_is_left_out_has_a_reason": over(TinySink, left_out={"replys": "it never does"}),
    # Plans
    "test_a_plan_is_pure": over(Asking),
    "test_a_plan_says_what_its_entry_says": over(Shifting),
    "test_every_purpose_is_planned_or_held_with_a_code": over(Vague),
    "test_what_a_posting_asks_for_is_carried_or_held": over(Dropping),
    "test_vouchers_keep_to_what_is_declared": over(TinySink, capabilities=replace(CAPABILITIES, types=(JOURNAL,))),
    "test_keys_and_numbers_name_the_intent": over(Renaming),
    # Bodies
    "test_the_same_voucher_gives_the_same_body": over(Restless),
    "test_amounts_leave_as_exact_decimals": over(Floating),
    # Sending
    "test_what_is_sent_is_there_as_it_was_sent": over(Moving),
    "test_the_same_header_key_makes_one_object": over(Repeating),
    "test_a_number_that_is_taken_is_not_taken_again": over(Boasting),
    "test_a_lost_answer_is_in_doubt_and_then_found_once": over(Sure),
    "test_a_refusal_is_rejected_with_a_code_of_the_plugins": over(Codeless),
    "test_a_throttle_says_how_long_to_wait": over(Hasty),
    "test_a_revoked_connection_needs_a_person": over(Deaf),
    # Several at a time
    "test_several_are_sent_each_with_its_own_echo": over(Shuffling),
    "test_one_that_is_refused_spoils_no_other": over(Solidary),
    "test_several_whose_answer_is_lost_are_in_doubt_and_then_found": over(Hopeful),
    "test_several_are_looked_up_in_their_order": over(Muddling),
    "test_silence_is_unknown_for_each_of_several": over(Closing),
    # Looking
    "test_what_was_never_sent_is_absent": over(Guessing),
    "test_what_was_deleted_is_told_as_deleted": over(Forgetting),
    "test_read_back_answers_each_ref_in_order": over(Sorting),
    "test_silence_is_unknown_and_never_absent": over(Denying),
    "test_an_observation_shows_ours_and_strangers": over(Proud),
    "test_every_type_that_is_written_is_observed": over(Choosy),
    "test_a_kind_that_may_not_be_read_is_named_and_the_rest_is_read": over(Discreet),
    "test_marks_are_told_alike": over(Talkative),
    "test_an_observation_that_is_not_answered_ends_in_an_error": over(Content),
    "test_the_same_amount_by_other_hands_is_seen": over(Careless),
    # What changed
    "test_what_was_edited_deleted_or_put_in_is_told_to_have_changed": over(Lasting),
    "test_a_feed_that_is_not_answered_ends_in_an_error": over(Ending),
    "test_what_stands_is_told_as_by_facts": over(Still),
    # Undoing
    "test_what_is_undone_is_out_of_the_ledger_and_twice_does_no_harm": over(Kept),
    "test_what_was_edited_meanwhile_is_kept": over(Rough),
    # Making
    "test_what_is_made_is_what_was_named": over(Generous),
    "test_what_is_there_is_not_made_again": over(Doubling),
    # Settling
    "test_what_settles_names_what_it_settles": over(Early),
    "test_more_than_is_open_is_held": over(Lavish),
    "test_what_was_settled_is_so_in_the_ledger": over(Loose),
    # Sums
    "test_sums_tell_what_was_sent": over(Forward),
    # Facts
    "test_facts_are_complete": over(Anonymous),
    "test_settle_seconds_are_whole": over(Fractional),
    # Notices
    "test_a_notice_of_the_ledger_names_what_it_is_about": over(TinySink, door=replace(DOOR, same=str.upper)),
    "test_a_notice_of_the_ledger_is_proven_by_its_signature": over(
        TinySink, door=replace(DOOR, signing=lambda _app, _connection: Signing("X-Tiny", ("hush",), bears_secret=True))
    ),
}


@pytest.mark.parametrize("check", TWINS)
def test_a_bad_twin_fails_its_check_and_no_other(check: str) -> None:
    assert failing(TWINS[check]) == {check}


def test_what_changed_of_other_kinds_is_read_too() -> None:
    assert failing(over(Rigid)) == {"test_a_kind_that_may_not_be_read_is_named_and_the_rest_is_read"}


def test_a_country_by_three_letters_is_no_fact() -> None:
    assert failing(over(Abroad)) == {"test_facts_are_complete"}


def test_every_check_has_a_bad_twin() -> None:
    assert checks(Books) == TWINS.keys()
