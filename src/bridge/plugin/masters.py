"""Masters: what a ledger lists and vouchers name: accounts, contacts, items, what lines are reported by.

A sink makes one only on a person's word, and a sink that can make none is as good a sink.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from bridge.model.chart import ChartAccount
from bridge.plugin.sink import MasterKind, Sink


class Master(msgspec.Struct, frozen=True, kw_only=True):
    """One that a ledger lacks.

    number:     of an account, as it is to have it there. account: of our chart, that it is to be like.
    dimension:  of an option, its dimension's name. dimension_id: the ledger's id of that; empty while it is not there.
    account_id: of an item, the ledger's id of the account that its sales go to; empty while that is not there.
    currency:   of a contact or an account, where it is another than the books'.
    """

    kind: MasterKind
    name: str
    number: str = ""
    account: ChartAccount | None = None
    dimension: str = ""
    dimension_id: str = ""
    account_id: str = ""
    currency: str = ""

    @property
    def title(self) -> str:
        """As people call it: ``account 4000 Product sales``, ``option Web shop of class``."""
        of_dimension = f"of {self.dimension}" if self.dimension else ""
        return " ".join(filter(None, (self.kind, self.number, self.name, of_dimension)))


class Made(msgspec.Struct, frozen=True):
    """What there is of it now. is_new: false where one of that name was there already."""

    ledger_id: str
    name: str
    is_new: bool


@runtime_checkable
class CreatingSink(Sink, Protocol):
    """A sink that declares in its capabilities what it ``creates``."""

    def create(self, master: Master) -> Made:
        """Make it, or give the one of that name (of that number, where it has one) that is there already.

        Twice:  looks first, so that a second call makes nothing.
        Raises: RejectedError when the ledger refuses, or when it can only be made by hand there; AuthorizationError;
                TransientError and InDoubtError, after which the next call finds it or makes it.
        """
        ...
