"""Speaks HTTP with one Xero organisation, through the library's functions; the only file that knows its filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cached_property, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from bridge import log
from bridge.clock import Clock
from bridge.errors import InDoubtError, RejectedError, UnavailableError
from bridge.transport import Json, decode, failure_of, safely
from bridge_xero.errors import NOT_FOUND, Fault, element_fault, error_of, read_fault
from bridge_xero.kinds import ALLOCATION, BANK_TRANSFER, CREDIT_NOTE, INVOICE, KINDS, Kind, called, several
from bridge_xero.parse import id_of
from bridge_xero.wire import decode_list, rows, text

if TYPE_CHECKING:
    from bridge_xero.library import Answer
    from bridge_xero.masters import List

Read = TypeVar("Read", Json, list[Json])
PAGE_SIZE = 500  # of at most 1000: a page of long documents must stay well under what the session takes
ASKED_AT_ONCE = 50  # ids or numbers: an address of some 2,000 characters
_RESTARTS = 3


class Client:
    """One organisation over HTTP.

    longest_wait_seconds: how long a read may wait when Xero asks for patience, before it gives up.
    page_size:            objects per page.
    """

    def __init__(
        self,
        session: requests.Session,
        *,
        api_url: str,
        tenant: str,
        clock: Clock,
        longest_wait_seconds: int = 65,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._session, self._clock = session, clock
        self._api_url, self._tenant = api_url, tenant
        self._longest_wait_seconds, self._page_size = longest_wait_seconds, page_size
        self._thing = f"Xero organisation {tenant}"
        self._log = log.get("xero")

    def create(self, kind: str, body: bytes, *, key: str, thing: str) -> Json | Fault:
        """Send one create, of one or several, once: Xero's answer, or what it says against the call as a whole.

        ``outcomes`` reads it. Raises: what ``failure_of`` says, where no whole answer came.
        """
        options = {} if kind == BANK_TRANSFER else {"summarize_errors": False}
        send = getattr(self._accounting, KINDS[kind].create)
        call = partial(send, self._tenant, body, idempotency_key=key, _preload_content=False, **options)
        return self._told(call, decode, thing=thing, is_write=True)

    def end(self, kind: str, ref: str, body: bytes, *, thing: str) -> bool:
        """Void or delete one object; whether the answer shows it so.

        Raises: RejectedError for what Xero keeps; as ``create``.
        """
        one = KINDS[kind]
        send = getattr(self._accounting, one.undo)
        call = partial(send, self._tenant, ref, body, _preload_content=False)
        answer = self._told(call, decode, thing=thing, is_write=True)
        if isinstance(answer, Fault):
            raise error_of(answer, thing=thing, is_write=True)
        told = rows(answer.get(one.plural))
        for fault in filter(None, (element_fault(row, ref) for row in told)):
            raise error_of(fault, thing=thing, is_write=True)
        return any(text(row.get(one.id)) == ref and text(row.get("Status")) == one.undone for row in told)

    def allocate(self, note: str, body: bytes, *, key: str, thing: str) -> Json:
        """Set part of a credit note against an invoice, once, and give what Xero echoes of it.

        Raises: as ``create``.
        """
        send = self._accounting.create_credit_note_allocation
        options = {"summarize_errors": False, "idempotency_key": key, "_preload_content": False}
        call = partial(send, self._tenant, note, body, **options)
        answer = self._told(call, decode, thing=thing, is_write=True)
        if isinstance(answer, Fault):
            raise error_of(answer, thing=thing, is_write=True)
        made = rows(answer.get(KINDS[ALLOCATION].plural))
        if len(made) != 1:
            raise InDoubtError(thing, f"its answer holds {len(made)} allocations where one was sent")
        if fault := element_fault(made[0], text(made[0].get(KINDS[ALLOCATION].id))):
            raise error_of(fault, thing=thing, is_write=True)
        return made[0]

    def add(self, one: List, body: bytes, *of: str, key: str, thing: str) -> str:
        """Add to a list, once; the id of what was made. of: the ids of what it belongs to.

        Raises: as ``create``.
        """
        send = getattr(self._accounting, one.create)
        call = partial(send, self._tenant, *of, body, idempotency_key=key, _preload_content=False)
        answer = self._told(call, decode, thing=thing, is_write=True)
        if isinstance(answer, Fault):
            raise error_of(answer, thing=thing, is_write=True)
        made = rows(answer.get(one.plural))
        if len(made) != 1 or not (ref := text(made[0].get(one.id))):
            raise InDoubtError(thing, f"its answer holds no {one.id}")
        return ref

    def disallocate(self, note: str, own: str, *, thing: str) -> bool:
        """Take back one allocation of a credit note; whether the answer says that it is gone. As ``end``."""
        call = partial(self._accounting.delete_credit_note_allocations, self._tenant, note, own, _preload_content=False)
        answer = self._told(call, lambda raw: decode(raw) or {}, thing=thing, is_write=True)
        if not isinstance(answer, Fault):
            told = rows(answer.get(KINDS[ALLOCATION].plural) or [])
            return any(row.get("IsDeleted") is True for row in told)
        if answer.status != HTTPStatus.NOT_FOUND:
            raise error_of(answer, thing=thing, is_write=True)
        return True

    def get(self, kind: str, ref: str) -> Json | None:
        """One object by id; None when Xero has none such."""
        one = KINDS[kind]
        try:
            found = self._list(one, one.get, ref)
        except RejectedError as refusal:
            if refusal.code == NOT_FOUND:
                return None
            raise
        if len(found) != 1:
            raise UnavailableError(self._thing, f"asked for {called(kind, ref)}, its answer holds {len(found)}")
        return found[0]

    def history(self, kind: str, ref: str) -> list[Json]:
        """What was done to an object, and by whom."""
        return self._rows(KINDS[kind].history, "HistoryRecords", ref)

    def numbered(self, numbers: Sequence[str]) -> list[Json]:
        """The invoices of these numbers, ``ASKED_AT_ONCE`` at most."""
        return self._first_page(INVOICE, invoice_numbers=list(numbers))

    def identified(self, ids: Sequence[str]) -> list[Json]:
        """The invoices of these ids, ``ASKED_AT_ONCE`` at most."""
        return self._first_page(INVOICE, i_ds=list(ids))

    def worded(self, kind: str, words: str) -> list[Json]:
        """The objects whose reference, or narration, is exactly that; it must be plain (``words.plain``)."""
        return self._first_page(kind, where=f'{KINDS[kind].words}=="{words}"')

    def dated(
        self, kind: str, since_on: date, until_on: date, where: str = "", *, since: datetime | None = None
    ) -> Iterator[tuple[Json, ...]]:
        """Pages of the objects dated in [since_on, until_on]; one may come twice, none is left out.

        since: only of those that were made or changed since, as of ``changed``.
        """
        dates = f"Date>={_day(since_on)} AND Date<={_day(until_on)}"
        return self._pages(kind, where=f"{dates} AND {where}" if where else dates, **_modified(since))

    def changed(self, kind: str, since: datetime | None = None) -> Iterator[tuple[Json, ...]]:
        """Pages of the objects changed since an instant, voided and deleted ones too, or of all there are.

        Xero counts in whole seconds, and not every change moves an object's time; that it was made does.
        """
        return self._pages(kind, **_modified(since))

    def unused_credit(self) -> Iterator[tuple[Json, ...]]:
        """Pages of the customers' credit notes of which something is open; Xero calls a used one paid."""
        return self._pages(CREDIT_NOTE, where='Type=="ACCRECCREDIT" AND Status=="AUTHORISED"')

    def newest(self, kind: str, since: datetime) -> Iterator[tuple[Json, ...]]:
        """As ``changed``, the newest first: whoever has found what is sought reads no further."""
        return self._pages(kind, order="UpdatedDateUTC DESC", **_modified(since))

    def organisation(self) -> Json:
        """The organisation itself."""
        for found in self._rows("get_organisations", "Organisations"):
            return found
        raise UnavailableError(self._thing, "its answer holds no organisation")

    def accounts(self) -> list[Json]:
        """The whole chart."""
        return self._rows("get_accounts", "Accounts")

    def tax_rates(self) -> list[Json]:
        return self._rows("get_tax_rates", "TaxRates")

    def tracking_categories(self) -> list[Json]:
        """All of them with their options, archived ones too."""
        return self._rows("get_tracking_categories", "TrackingCategories", include_archived=True)

    def currencies(self) -> list[Json]:
        return self._rows("get_currencies", "Currencies")

    def items(self) -> list[Json]:
        """All of them, by one call: Xero's list of them has no pages."""
        return self._rows("get_items", "Items")

    def trial_balance(self, on: date) -> Json:
        """The report as at a day, accrued as the books are, whatever the basis of the organisation's reports."""
        found = self._rows("get_report_trial_balance", "Reports", date=on.isoformat(), payments_only=False)
        if len(found) != 1:
            raise UnavailableError(self._thing, f"asked for the trial balance, its answer holds {len(found)} reports")
        return found[0]

    def contacts(self, name: str) -> list[Json]:
        """The contacts of a name."""
        return self._rows("get_contacts", "Contacts", where=f'Name=="{name}"')

    def tenants(self) -> tuple[str, ...]:
        """The ids of all that the person who authorised us let us into."""
        return tuple(text(one.get("tenantId")) for one in self.connections())

    def connections(self) -> list[Json]:
        """Every organisation that the person who authorised us connected to the app."""
        call = partial(self._identity.get_connections, _preload_content=False)
        return self._called(call, decode_list)

    def disconnect(self, connection: str) -> None:
        """Take one of them out, by the id of its connection; one that is out already is no error."""
        call = partial(self._identity.delete_connection, connection, _preload_content=False)
        try:
            self._called(call, lambda raw: decode(raw) if raw else {})
        except RejectedError as refusal:
            if refusal.code != NOT_FOUND:
                raise

    def _pages(self, kind: str, *, order: str = "", **wanted: object) -> Iterator[tuple[Json, ...]]:
        """All pages of a list.

        Xero counts pages by place. When an object leaves the list meanwhile (re-dated, say) the ones behind it move up
        and one of them is never shown; when one comes, it may come to a page that was read. The list then tells of
        fewer than before, or of more than were seen, and we start again.
        Raises: UnavailableError when the list keeps moving.
        """
        one = KINDS[kind]
        if not one.is_paged:
            yield tuple(self._list(one, one.list, include_deleted=True, **wanted))
            return
        wanted["order"] = order or f"{one.id} ASC"
        for _ in range(_RESTARTS):
            seen: set[str] = set()
            page, told, has_shrunk = 1, -1, False
            while len(seen) != told:
                answer = self._answer(one.list, page=page, page_size=self._page_size, **wanted)
                found = self._rows_of(answer, one.plural)
                before, told = told, _count(answer)
                has_shrunk = has_shrunk or told < before
                if not found or has_shrunk:
                    break
                yield tuple(found)
                seen |= {id_of(kind, row) for row in found}
                page += 1
            if not has_shrunk and len(seen) >= told:
                return
        raise UnavailableError(self._thing, f"its list of {several(one.plural)} kept changing while it was read")

    def _first_page(self, kind: str, **wanted: Any) -> list[Json]:
        """By page, for only then does Xero show the lines."""
        return list(next(self._pages(kind, **wanted), ()))

    def _list(self, one: Kind, function: str, *wanted: object, **more: object) -> list[Json]:
        return self._rows(function, one.plural, *wanted, **more)

    def _rows(self, function: str, plural: str, *wanted: object, **more: object) -> list[Json]:
        return self._rows_of(self._answer(function, *wanted, **more), plural)

    def _rows_of(self, answer: Json, plural: str) -> list[Json]:
        listed = answer.get(plural)
        if not isinstance(listed, list) or len(found := rows(listed)) != len(listed):
            raise UnavailableError(self._thing, f"its answer to a question for {several(plural)} is incomplete")
        return found

    def _answer(self, function: str, *wanted: object, **more: object) -> Json:
        ask = getattr(self._accounting, function)
        call = partial(ask, self._tenant, *wanted, _preload_content=False, **more)
        return safely(
            partial(self._called, call, decode), clock=self._clock, longest_wait_seconds=self._longest_wait_seconds
        )

    def _called(self, call: Callable[[], Answer], read: Callable[[bytes], Read | None]) -> Read:
        """One question: its answer, read. Raises: our error for the fault that it carries, or for no whole answer."""
        told = self._told(call, read, thing=self._thing, is_write=False)
        if isinstance(told, Fault):
            raise error_of(told, thing=self._thing, is_write=False)
        return told

    def _told(
        self, call: Callable[[], Answer], read: Callable[[bytes], Read | None], *, thing: str, is_write: bool
    ) -> Read | Fault:
        """One call, sent once: its answer, read, or the fault that it carries."""
        try:
            answer = call()
        except requests.RequestException as error:
            raise failure_of(error, thing=thing, is_write=is_write) from error
        body = read(answer.raw)
        told = decode(answer.raw) if body is None else body
        if fault := read_fault(answer.status, answer.headers, answer.raw, told):
            correlation = answer.headers.get("xero-correlation-id", "")
            self._log.info("fault", thing=thing, status=fault.status, text=fault.text, correlation_id=correlation)
            return fault
        if body is None:
            raise UnavailableError(thing, "its answer is not what was asked for")
        return body

    @cached_property
    def _identity(self) -> Any:
        from bridge_xero import library  # loads the library, at first use

        return library.identity(self._session, self._api_url)

    @cached_property
    def _accounting(self) -> Any:
        from bridge_xero import library  # loads the library, at first use

        return library.accounting(self._session, self._api_url)


def _day(on: date) -> str:
    return f"DateTime({on.year}, {on.month:02d}, {on.day:02d})"


def _modified(since: datetime | None) -> dict[str, Any]:
    return {"if_modified_since": since.astimezone(UTC).isoformat(timespec="seconds")} if since else {}


def _count(answer: Json) -> int:
    """How many objects Xero says its list has; -1 when it does not say."""
    pagination = answer.get("pagination")
    told = pagination.get("itemCount") if isinstance(pagination, dict) else None
    return -1 if told is None else int(told)
