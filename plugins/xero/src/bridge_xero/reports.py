"""What an organisation's own reports say its accounts come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from bridge.errors import AuthorizationError, PluginError, RejectedError, UnavailableError
from bridge.model.ledger_sums import LedgerSum
from bridge.transport import Json
from bridge_xero import facts as xero_facts
from bridge_xero.balances import balances_of
from bridge_xero.client import Client
from bridge_xero.wire import text
from bridge_xero.years import parts
from bridge_xero.zones import today_in

_EARNED = frozenset({"REVENUE", "EXPENSE"})
_AHEAD = timedelta(days=366)  # as far as a check reads entries: the two are compared
_NO_REPORTS = (
    "bridge may not read Xero's trial balance, so the balances of accounts are not known; run"
    " `bridge connections authorize NAME` for this connection once more, as a person whom Xero shows reports"
)


def balances_on(client: Client, on: date) -> tuple[LedgerSum, ...]:
    """The year-to-date columns of Xero's report; profit of earlier years stands in retained earnings."""
    home = xero_facts.home_currency(client.organisation())
    return _named(client, balances_of(client.trial_balance(on), home))


def profit_and_loss(client: Client, since: date, until: date) -> tuple[LedgerSum, ...]:
    """From trial balances, which bridge may read already: two for each financial year that the days are in."""
    organisation = client.organisation()
    home, sums = xero_facts.home_currency(organisation), Counter[str]()
    for before, end in parts(organisation, since, until):
        sums.update(balances_of(client.trial_balance(end), home))
        if before is not None:
            sums.subtract(balances_of(client.trial_balance(before), home))
    earned = {one["AccountID"] for one in client.accounts() if text(one.get("Class")) in _EARNED}
    return _named(client, {account: minor for account, minor in sums.items() if account in earned})


def balances(client: Client, organisation: Json, now: datetime) -> tuple[Mapping[str, int] | None, str]:
    """Every account's balance with all that is dated up to a year ahead; or None, and why not."""
    home = xero_facts.home_currency(organisation)
    try:
        today = today_in(text(organisation.get("Timezone")), now)
        report = client.trial_balance(today + _AHEAD)
        return balances_of(report, home), ""
    except AuthorizationError:
        return None, _NO_REPORTS
    except (PluginError, RejectedError, UnavailableError) as cause:
        return None, f"Xero tells no trial balance, so the balances of accounts are not known ({cause})"


def _named(client: Client, sums: Mapping[str, int]) -> tuple[LedgerSum, ...]:
    names = {text(one.get("AccountID")): text(one.get("Name")) for one in client.accounts()}
    return tuple(LedgerSum(account, names.get(account, ""), minor) for account, minor in sums.items() if minor)
