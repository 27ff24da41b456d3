"""What the verifier is given: bridge's own account of its postings, and the lines of a ledger's objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import LedgerCopy
from bridge.store.api import Store


def postings(store: Store, route: str) -> list[dict[str, Any]]:
    """Every posting of a route's live entries, by the key of its voucher, with the rows it sums."""
    found = []
    with store.reading() as uow:
        for kept in list(uow.entries.of_route(uow.routes.get(route).route_id)):
            entry = kept.entry
            keys = [each.voucher.key for each in uow.deliveries.of_entry(entry.entry_id) if each.voucher]
            for posting in entry.postings:
                pages = uow.entries.lines_of(entry.entry_id, posting.number) if posting.line_count else ()
                found.append(
                    {
                        "object": keys[0] if keys else entry.entry_id,
                        "settlement": entry.slot.group,
                        "account": posting.account,
                        "kind": posting.kind,
                        "amount_minor": posting.amount_minor,
                        "rows": [[int(line.key), line.amount_minor] for page in pages for line in page],
                    }
                )
    return found


def ledger_lines(copies: Iterable[LedgerCopy], facts: LedgerFacts) -> list[dict[str, Any]]:
    """The lines of a ledger's objects, by our key in them, with the accounts' numbers."""
    numbers = {account.ledger_id: account.number for account in facts.accounts}
    return [
        {"object": copy.key, "account": numbers[line.account_id], "amount_minor": line.amount_minor}
        for copy in copies
        for line in copy.lines
    ]
