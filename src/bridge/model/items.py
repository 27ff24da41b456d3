"""Pure: the item that a rule names, among those that a ledger has."""

from __future__ import annotations

from typing import Final

from bridge.model.facts import LedgerFacts, LedgerItem

_ELSEWHERE: Final = "it posts to another account than the rule: give it that account in the ledger"


def named_item(facts: LedgerFacts, wanted: str, account_id: str) -> LedgerItem | None:
    """The one of that name, or id, that a line on that account may name; of several the oldest, by its id."""
    fits = (one for one in facts.items_called(wanted) if not one.off and one.posts_to(account_id))
    return min(fits, key=lambda one: (len(one.ledger_id), one.ledger_id), default=None)


def why_no_item(facts: LedgerFacts, wanted: str, account_id: str) -> str:
    """Why none of that name can be named, and what to do, as of ``LedgerItem.off``; empty where there is none."""
    if named_item(facts, wanted, account_id):
        return ""
    called = facts.items_called(wanted)
    return next((one.off for one in called if one.off), _ELSEWHERE) if called else ""
