"""Faults to order: what goes wrong on the way between a client and a vendor, when we say so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from bridge.sandbox.messages import BadRequestError, Request
from bridge.sandbox.orders import Orders

__all__ = ["Fault", "FaultKind", "Faults"]


class FaultKind(StrEnum):
    """What happens to a request. Only the ``commit_then_…`` kinds and ``delay`` reach the vendor's books."""

    DROP = "drop"
    COMMIT_THEN_DROP = "commit_then_drop"
    UNAVAILABLE = "unavailable"
    COMMIT_THEN_UNAVAILABLE = "commit_then_unavailable"
    THROTTLE = "throttle"
    UNAUTHORIZED = "unauthorized"
    DELAY = "delay"
    COMMIT_THEN_DELAY = "commit_then_delay"
    ANSWER = "answer"
    COMMIT_THEN_ANSWER = "commit_then_answer"

    @property
    def reaches_the_books(self) -> bool:
        """Whether the vendor carries the request out in spite of the fault."""
        return self is FaultKind.DELAY or self.value.startswith("commit_then_")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that was ordered, and which requests it strikes.

    Shape:    ``path`` and ``label`` are globs (``*/journalentry``, ``JournalEntry.*``), ``contains`` is text
              in the body; all that are given must hold. ``times`` None means until cleared; the first
              ``skip`` matching requests pass. ``status``, ``body`` and ``content_type`` serve the ``answer``
              kinds.
    """

    kind: FaultKind
    times: int | None = 1
    method: str | None = None
    path: str | None = None
    label: str | None = None
    contains: str | None = None
    skip: int = 0
    seconds: float = 0.0
    status: int = 500
    body: str = ""
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)

    def strikes(self, request: Request, label: str) -> bool:
        """Tell whether ``request`` is one of those this fault was ordered for."""
        return (
            (self.method is None or self.method == request.method)
            and (self.path is None or fnmatchcase(request.path, self.path))
            and (self.label is None or fnmatchcase(label, self.label))
            and (self.contains is None or self.contains.encode() in request.body)
        )

    @classmethod
    def from_json(cls, order: Mapping[str, Any]) -> "Fault":
        """Read an order as the admin door takes it.

        Raises:   BadRequestError naming the key that is unknown or missing.
        """
        unknown = set(order) - set(cls.__dataclass_fields__)
        if unknown:
            raise BadRequestError(f"unknown keys in the fault: {', '.join(sorted(unknown))}")
        try:
            kind = FaultKind(order.get("kind", ""))
        except ValueError as error:
            raise BadRequestError(f"kind must be one of: {', '.join(FaultKind)}") from error
        return cls(**{**order, "kind": kind})


class Faults(Orders[Fault]):
    """The queue of ordered faults."""

    def order(self, kind: FaultKind | str, **what: Any) -> Fault:
        """Order a fault; the keywords are the fields of ``Fault``."""
        fault = Fault.from_json({**what, "kind": kind})
        self.add(fault, fault.times, fault.skip)
        return fault

    def take(self, request: Request, label: str) -> Fault | None:
        """Give the fault that strikes this request, and use it up by one."""
        return self.next(lambda fault: fault.strikes(request, label))

    def pending(self) -> list[dict[str, Any]]:
        """List what was ordered and has not struck as often as it may."""
        return [
            {"kind": str(fault.kind), "left": left, "method": fault.method,
             "path": fault.path, "label": fault.label, "contains": fault.contains}
            for fault, left in self.waiting()
        ]  # fmt: skip
