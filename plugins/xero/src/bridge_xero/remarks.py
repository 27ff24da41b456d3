"""Pure: what in an organisation's own settings matters for bridge's promises, each with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bridge.model.remarks import Remark, in_order, lacking, to_look_at
from bridge.transport import Json
from bridge_xero.wire import text

CONTACT, RECEIVABLE, EDITION, BALANCES = "xero.contact_missing", "xero.receivable", "xero.edition", "xero.balances"
TAX, BASIS, ADVISER, AUTOMATION = "xero.tax", "xero.tax_basis", "xero.adviser", "xero.automation"
_CASH = frozenset({"PAYMENTS", "CASH", "FLATRATECASH"})


def remarks(
    organisation: Json, *, contacts: Iterable[str], missing: Sequence[str], has_receivable: bool, untold: str
) -> Iterator[Remark]:
    """Everything that was looked at, in order or not. contacts: found of those that settings name; missing: the others.

    untold: why Xero does not tell balances; empty where it does.
    """
    yield from (in_order(CONTACT, f"there is a contact {name!r}") for name in contacts)
    for name in missing:
        next_step = "Add it in Xero under Contacts, or see `bridge accounts create`, so that documents can name it"
        yield lacking(CONTACT, f"there is no active contact {name!r}", next_step)
    if not has_receivable:
        what = "Xero names no accounts receivable account (system account DEBTORS); invoices cannot be planned"
        yield lacking(RECEIVABLE, what, "Ask Xero's support: every organisation has one")
    if text(organisation.get("Edition")) == "PARTNER":
        what = "the organisation has Xero's partner edition, in which some kinds of document cannot be made"
        yield to_look_at(EDITION, what, "Look in Xero whether invoices, payments and manual journals can be made")
    yield from _balances(untold)
    yield from _tax(organisation)
    yield from _by_itself()


def _balances(untold: str) -> Iterator[Remark]:
    if untold:
        what, _, next_step = untold.partition("; ")
        yield to_look_at(BALANCES, what, next_step)
    else:
        yield in_order(BALANCES, "bridge may read the trial balance, so balances are compared")


def _tax(organisation: Json) -> Iterator[Remark]:
    """Source: Xero Accounting OpenAPI 16.1.0, Organisation: PaysTax, SalesTaxBasis."""
    if organisation.get("PaysTax") is False:
        what = "Xero says that the organisation is not registered for tax"
        next_step = 'Set it under Xero, Settings, Financial settings, or book with tax_regime = "not_registered"'
        yield to_look_at(TAX, what, next_step)
    else:
        yield in_order(TAX, "the organisation is set up for tax")
    if text(organisation.get("SalesTaxBasis")) in _CASH:
        what = "tax is reported on the cash basis, so a sale counts when its invoice is paid"
        yield to_look_at(BASIS, what, "Match each deposit with its invoice before the period is reported")


def _by_itself() -> Iterator[Remark]:
    yield to_look_at(
        ADVISER,
        "whether the person who let bridge in may post before the lock date is not told; bridge keeps to it anyway",
        "Let the owner of the books sign in, and not an adviser, so that Xero refuses it too",
    )
    yield to_look_at(
        AUTOMATION,
        "only you can see whether a bank rule, or automatic reconciliation, codes deposits by itself",
        "Look under Xero, Accounting, Bank accounts, the account, Bank rules, and at its automatic reconciliation: "
        "deposits are matched, and never coded to income",
    )
