"""The item that a rule names for a line, or why the entry waits: the same in every ledger."""

from __future__ import annotations

from bridge.errors import HoldError
from bridge.model.entries import JournalEntry, Posting
from bridge.model.facts import LedgerFacts, LedgerItem
from bridge.model.items import named_item, why_no_item
from bridge.model.vouchers import AccountRef


def item_of(facts: LedgerFacts, entry: JournalEntry, posting: Posting, account: AccountRef) -> LedgerItem:
    """What the posting's rule names.

    Raises: HoldError ``item.missing`` where the ledger has none such; ``item.unusable`` where no line may name it.
    """
    if found := named_item(facts, posting.item, account.ledger_id):
        return found
    thing = f"entry {entry.narration}, account {posting.account} {account.name}".rstrip()
    said = f"rule {posting.rule} names the item {posting.item!r}"
    if why := why_no_item(facts, posting.item, account.ledger_id):
        raise HoldError(
            thing,
            f"{said}, which cannot be used: {why}",
            "Put that right in the ledger, or name another item in the rule; then run again",
            code="item.unusable",
        )
    raise HoldError(
        thing,
        f"{said}, and the ledger has none of that name",
        "Create it (`bridge accounts create ROUTE` shows what it would make), or name another in the rule; then run "
        "again",
        code="item.missing",
    )
