"""What the postings of an entry are reported by in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bridge.model.connections import Route
from bridge.model.entries import Posting
from bridge.model.facts import LedgerFacts
from bridge.model.tracking import Tracked, merged, resolve
from bridge.model.vouchers import AccountRef


class Tracking(msgspec.Struct, frozen=True):
    """By posting number; missing: what of it the ledger lacks, as sentences without their full stop."""

    tracked: Mapping[int, tuple[Tracked, ...]]
    missing: tuple[str, ...]


def tracking(
    postings: Iterable[Posting], route: Route, facts: LedgerFacts, accounts: Mapping[str, AccountRef]
) -> Tracking:
    """What each posting's rule says, and of what it leaves out what the route says.

    The route's own is for accounts of profit and loss: what stands on a balance sheet is reported by nothing, unless a
    rule says so. accounts: of each number, as it was found in the ledger.
    """
    ours = {account.ledger_id for account in facts.accounts if not account.account_class.is_of_the_balance_sheet}
    texts = {
        posting.number: merged(posting.tracking, route.tracking if accounts[posting.account].ledger_id in ours else "")
        for posting in postings
        if posting.amount_minor
    }
    found = {text: resolve(text, facts) for text in sorted(set(texts.values()) - {""})}
    missing = dict.fromkeys(one for resolved in found.values() for one in resolved.missing)
    tracked = {number: found[text].tracked for number, text in texts.items() if text}
    return Tracking(tracked, tuple(missing))
