"""What a check found and people said to it: findings, instructions, sign-offs, summaries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentState
from bridge.model.findings import Finding, FindingState, Instruction, InstructionKind, KeptFinding
from bridge.model.openings import AgreedOpening
from bridge.model.reviews import Assignment, Review, SignOff
from bridge.model.summaries import CheckSummary, KeptSummary, Summary


class WaitingVouchers(msgspec.Struct, frozen=True):
    """Vouchers of a route that stand alike: how many, what their entries come to, and the first day of these."""

    state: DeliveryState
    reason: str
    currency: str
    count: int
    minor: int
    oldest_on: date


class WaitingDocuments(msgspec.Struct, frozen=True):
    """Documents in one currency that are not booked: how many, their totals added up, and when the first closed."""

    currency: str
    count: int
    minor: int
    oldest_at: datetime


class Findings(Protocol):
    def settle(self, route_id: str, found: Sequence[Finding], now: datetime, *, prefix: str) -> tuple[KeptFinding, ...]:
        """Make the open findings of a route whose code starts with ``prefix`` be exactly these.

        New ones open; gone ones close; known ones carry forward; an accepted one whose facts changed re-opens, and so
        does every other of the route whose acceptance has lapsed.
        Returns those open or accepted now.
        """
        ...

    def add(self, finding: Finding, now: datetime) -> None:
        """Open one outside a drift run. Idempotent by id."""
        ...

    def add_many(self, findings: Sequence[Finding], now: datetime) -> None:
        """The same of many. Bulk."""
        ...

    def of_route(self, route_id: str, *states: FindingState) -> tuple[KeptFinding, ...]: ...

    def get(self, finding_id: str) -> KeptFinding: ...

    def close(self, finding_id: str) -> None:
        """Its cause is gone. Idempotent."""
        ...

    def of_ids(self, finding_ids: Sequence[str]) -> tuple[KeptFinding, ...]:
        """Those of these that were ever raised, whatever became of them."""
        ...

    def beginning(self, text: str) -> tuple[str, ...]:
        """The ids that begin so."""
        ...

    def accept(self, finding_id: str, by: str, reason: str, until: datetime | None) -> None: ...


class Instructions(Protocol):
    def hold(self) -> None:
        """Be the only unit of the organisation in which people decide, until its end: of two, one sees the other."""
        ...

    def add(self, instruction: Instruction) -> None: ...

    def of_subject(self, subject: str) -> tuple[Instruction, ...]:
        """What people said of it, oldest first. One whose time has not come (a clock was wrong) does not count yet."""
        ...

    def given_after(self, at: datetime) -> tuple[Instruction, ...]:
        """Those that bear a later time."""
        ...

    def of_kind(self, kind: InstructionKind) -> tuple[Instruction, ...]:
        """Every one of a kind that people give rarely, oldest first."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> Mapping[str, tuple[Instruction, ...]]:
        """The same of many, by subject; those about which nothing was said are left out. Bulk."""
        ...


class Openings(Protocol):
    """What people agreed that accounts held before anything of them is read."""

    def put(self, opening: AgreedOpening) -> None:
        """Keep one, in the place of what was agreed of that account and currency before."""
        ...

    def of_ledger(self, ledger: str) -> Mapping[tuple[str, str], AgreedOpening]:
        """By (account id, currency). Memory: all of them, which are few."""
        ...


class Carries(Protocol):
    """What a check hands to the next, a body a day, for a route as seen by the check of one. Operational."""

    def of(self, route_id: str, of_route: str) -> Mapping[str, bytes]:
        """All of it, by day."""
        ...

    def put(self, route_id: str, of_route: str, bodies: Mapping[str, bytes], gone: Collection[str]) -> None:
        """Keep these in the place of what was kept of their days, and of others nothing."""
        ...

    def forget(self, route_id: str) -> None:
        """All of what its checks handed on."""
        ...


class Assignments(Protocol):
    """Who has what waits."""

    def hold(self) -> None:
        """Be the only unit of the organisation that says so, until its end: of two, one sees what the other said."""
        ...

    def put(self, assignment: Assignment) -> None:
        """Keep it in the place of what was said of its subject before."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> Mapping[str, Assignment]:
        """By subject; those that nobody was ever given are left out. Bulk."""
        ...


class Reviews(Protocol):
    """The last check of each route, which is operational, and what people signed, which stays."""

    def put(self, review: Review) -> None:
        """Keep it in the place of the one before."""
        ...

    def get(self, route_id: str) -> Review | None: ...

    def add_sign_off(self, sign_off: SignOff) -> bool:
        """False where the same person signed the same already."""
        ...

    def sign_off(self, sign_off_id: str) -> SignOff:
        """Raises: ConfigError when there is none."""
        ...

    def sign_offs(self, route_id: str) -> tuple[SignOff, ...]:
        """All of a route, the newest first."""
        ...


class Summaries(Protocol):
    """How each route stood when something was last done about it. Operational: written beside the audit log."""

    def all(self) -> Mapping[str, KeptSummary]:
        """By route id; a route of which nothing was summed up yet is not there."""
        ...

    def of_routes(self, route_ids: Sequence[str]) -> Mapping[str, KeptSummary]:
        """The same of these routes alone. Bulk."""
        ...

    def put(
        self, route_id: str, summary: Summary, check: CheckSummary | None = None, *, over: datetime | None = None
    ) -> bool:
        """Keep it in place of the one of this very moment. check: None leaves what the last check said.

        over: of the one that stood when it was summed up; None: there was none. False, and nothing is kept: another has
        come since. No two moments are compared, so that a clock that was ahead once holds nothing up.
        """
        ...

    def has_delivered(self, route_id: str) -> bool:
        """Whether a voucher of that route is in its ledger; reads those that are not, while none is."""
        ...

    def vouchers(self, route_id: str, ledger: str, *states: DeliveryState) -> tuple[WaitingVouchers, ...]:
        """The vouchers of a route in these states, summed up by state, reason and currency."""
        ...

    def documents(
        self, connection_id: str, state: DocumentState, reasons: Collection[str]
    ) -> tuple[WaitingDocuments, ...]:
        """The newest revisions in this state, for one of these reasons, summed up by currency."""
        ...
