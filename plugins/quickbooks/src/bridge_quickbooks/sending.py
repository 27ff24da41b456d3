"""Sends vouchers, each once: alone or several in one call; and looks again at what a refusal leaves open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bridge.errors import BridgeError, ConflictError, InDoubtError, RejectedError
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, Outcome, Parcel, Present, Sought
from bridge.transport import Json
from bridge_quickbooks.batches import batch_body, created, items_of, request_id
from bridge_quickbooks.client import Client
from bridge_quickbooks.errors import BUSINESS_RULE, OF_A_CALL, NumberTakenError, UnprovenError, check_linked
from bridge_quickbooks.looking import LOOK_AROUND, ON_ITS_DAY, Finder
from bridge_quickbooks.words import called

Render = Callable[[Voucher, Mapping[str, str]], bytes]
Read = Callable[[Voucher, Json], LedgerCopy]
_RULE = f"quickbooks.{BUSINESS_RULE}"
_UNREAD = "its number is taken, and by what could not be read"


class Sender:
    """Writes one company. render: the body of a voucher; read: our copy of what was made of one."""

    def __init__(self, client: Client, finder: Finder, render: Render, read: Read) -> None:
        self._client, self._finder = client, finder
        self._render, self._read = render, read

    def send(self, parcel: Parcel) -> LedgerCopy:
        """Create it, once. A number already taken by this very voucher is its success, told late."""
        voucher, thing = parcel.voucher, thing_of(parcel.voucher)
        check_linked(voucher, parcel.refs, thing)
        body = self._render(voucher, parcel.refs)
        try:
            made = self._client.create(voucher.type, body, request_id=parcel.header_key, thing=thing)
        except NumberTakenError as taken:
            return _given(self._settled([(voucher, taken)])[voucher.key])
        return _given(self._echo(voucher, made))

    def send_many(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        """Create them in one call: the outcome of each. What they link is in QuickBooks, or they do not leave."""
        unlinked = {parcel.voucher.key: error for parcel in parcels if (error := _unlinked(parcel)) is not None}
        told = self._sent([parcel for parcel in parcels if parcel.voucher.key not in unlinked])
        return tuple(unlinked.get(parcel.voucher.key) or told[parcel.voucher.key] for parcel in parcels)

    def _sent(self, parcels: Sequence[Parcel]) -> Mapping[str, Outcome]:
        """By our key."""
        if not parcels:
            return {}
        vouchers = [parcel.voucher for parcel in parcels]
        body = batch_body([(one.voucher.type, self._render(one.voucher, one.refs)) for one in parcels])
        items = items_of(self._call(body, [parcel.header_key for parcel in parcels]), len(parcels))
        told: list[tuple[Voucher, Outcome]] = []
        for voucher, item in zip(vouchers, items, strict=True):
            made = created(item, voucher.type, voucher.key, thing=thing_of(voucher))
            told.append((voucher, made if isinstance(made, BridgeError) else self._echo(voucher, made)))
        return {voucher.key: outcome for voucher, outcome in told} | dict(self._settled(told))

    def _call(self, body: bytes, header_keys: Sequence[str]) -> Json:
        """Raises: what befell the call; UnprovenError for a refusal of it that is none of its form.

        A call that is refused for a rule of the books was carried out in part, perhaps, or is a repeat of one that was.
        """
        thing = f"a batch of {len(header_keys)}"
        try:
            return self._client.create_batch(body, request_id=request_id(header_keys), thing=thing)
        except (RejectedError, ConflictError) as refusal:
            if refusal.code in OF_A_CALL:
                raise
            raise UnprovenError(thing, refusal.cause, refusal.code) from refusal

    def _settled(self, told: Sequence[tuple[Voucher, Outcome]]) -> Mapping[str, Outcome]:
        """By our key, what becomes of those whose refusal may mean that they are there.

        Whoever holds a number is read by its id; who is not named, and what the answer to a repeat of a batch may have
        been, is looked up. What is ours is our own echo; what is not, the refusal; what could not be asked is in doubt.
        """
        taken = [(voucher, why) for voucher, why in told if isinstance(why, NumberTakenError)]
        ruled = [(voucher, why) for voucher, why in told if isinstance(why, RejectedError) and why.code == _RULE]
        held = [(voucher, why) for voucher, why in taken if why.holder]
        nameless = [(voucher, why) for voucher, why in taken if not why.holder]
        return {
            **self._held(held),
            **self._there_or_refused(nameless, LOOK_AROUND),
            **self._there_or_refused(ruled, ON_ITS_DAY),
        }

    def _held(self, taken: Sequence[tuple[Voucher, NumberTakenError]]) -> Mapping[str, Outcome]:
        by_kind: dict[str, list[str]] = {}
        for voucher, why in taken:
            by_kind.setdefault(voucher.type, []).append(why.holder)
        try:
            holders = {kind: self._client.with_ids(kind, refs) for kind, refs in by_kind.items()}
        except BridgeError as cause:
            return {voucher.key: _doubt(voucher, _UNREAD, cause) for voucher, _ in taken}
        return {voucher.key: self._own(voucher, holders[voucher.type][why.holder], why) for voucher, why in taken}

    def _own(self, voucher: Voucher, holder: Json | None, why: NumberTakenError) -> Outcome:
        try:
            return self._read(voucher, holder) if holder and self._finder.is_ours(voucher, holder) else why
        except BridgeError as cause:
            return _doubt(voucher, _UNREAD, cause)

    def _there_or_refused(
        self, refused: Sequence[tuple[Voucher, BridgeError]], around: timedelta
    ) -> Mapping[str, Outcome]:
        answers = self._finder.look_up([Sought(voucher) for voucher, _ in refused], around)
        outcomes: dict[str, Outcome] = {}
        for (voucher, why), answer in zip(refused, answers, strict=True):
            if isinstance(answer, Present):
                outcomes[voucher.key] = answer.copy
            elif isinstance(answer, Absent):
                outcomes[voucher.key] = why
            else:
                outcomes[voucher.key] = UnprovenError(thing_of(voucher), answer.cause, why.code)
        return outcomes

    def _echo(self, voucher: Voucher, made: Json) -> Outcome:
        try:
            return self._read(voucher, made)
        except BridgeError as cause:
            return _doubt(voucher, "QuickBooks took it, and its echo cannot be read", cause)


def thing_of(voucher: Voucher) -> str:
    """What a voucher is called in messages."""
    return called(voucher.type, voucher.number or voucher.key)


def _given(outcome: Outcome) -> LedgerCopy:
    if isinstance(outcome, BridgeError):
        raise outcome
    return outcome


def _unlinked(parcel: Parcel) -> RejectedError | None:
    try:
        check_linked(parcel.voucher, parcel.refs, thing_of(parcel.voucher))
    except RejectedError as error:
        return error
    return None


def _doubt(voucher: Voucher, said: str, cause: BridgeError) -> InDoubtError:
    doubt = InDoubtError(thing_of(voucher), said)
    doubt.__cause__ = cause
    return doubt
