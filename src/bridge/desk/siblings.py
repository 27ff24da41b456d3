"""The other vouchers of the documents that some vouchers are made from: whoever decides about a part sees the rest."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.books import is_taken_back
from bridge.model.deliveries import DeliveryState
from bridge.store.api import UnitOfWork


class Siblings(msgspec.Struct, frozen=True):
    """The other vouchers of what some vouchers are made from: a settlement, say (kind).

    waiting: that wait for the same reasons, and about which nobody decided. staying: that are not withdrawn, nor about
    to be.
    """

    kind: str
    waiting: int
    staying: int


def siblings(unit: UnitOfWork, voucher_ids: Sequence[str]) -> Siblings:
    """The siblings of these vouchers."""
    meant = unit.deliveries.get_many(voucher_ids).values()
    reasons = {delivery.reason for delivery in meant}
    made_from = unit.entries.get_many(sorted({delivery.entry_id for delivery in meant})).values()
    documents = sorted({kept.entry.document_id for kept in made_from} - {""})
    of_documents = unit.entries.of_documents(documents).values()
    live = [kept.entry.entry_id for several in of_documents for kept in several if kept.is_live]
    deliveries = [one for several in unit.deliveries.of_entries(live).values() for one in several]
    others = [one for one in deliveries if one.voucher_id not in voucher_ids]
    said = unit.instructions.of_subjects([one.voucher_id for one in others])
    kinds = {str(heads[0].document.identity.kind) for heads in unit.documents.heads(documents).values()}
    return Siblings(
        kind=kinds.pop() if len(kinds) == 1 else "document",
        waiting=sum(
            one.state is DeliveryState.HELD and one.reason in reasons and one.voucher_id not in said for one in others
        ),
        staying=sum(
            one.state is not DeliveryState.WITHDRAWN and not is_taken_back(one, said.get(one.voucher_id, ()))
            for one in others
        ),
    )
