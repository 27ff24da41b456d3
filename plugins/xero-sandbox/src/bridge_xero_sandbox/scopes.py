"""Which scopes open which endpoint: those of today, and the broad ones that older apps keep for a while.

Source: developer.xero.com, "Scopes" and its FAQ of the granular ones, read 2026-11.
"""

__all__ = ["scopes_for"]

_INVOICES, _PAYMENTS, _BANK = "accounting.invoices", "accounting.payments", "accounting.banktransactions"
_SETTINGS, _BROAD = "accounting.settings", "accounting.transactions"
_OF_REPORTS = frozenset({"accounting.reports.trialbalance.read", "accounting.reports.read"})
_OF_DOCUMENTS = {
    "Invoices": _INVOICES,
    "CreditNotes": _INVOICES,
    "Payments": _PAYMENTS,
    "Overpayments": _PAYMENTS,
    "Prepayments": _PAYMENTS,
    "BankTransactions": _BANK,
    "BankTransfers": _BANK,
    "ManualJournals": "accounting.manualjournals",
}


def scopes_for(method: str, endpoint: str) -> frozenset[str]:
    """Give the scopes of which one must have been granted."""
    if endpoint == "Reports":
        return _OF_REPORTS
    if endpoint == "Items":  # a setting by the published document, which names the broad scopes; of invoices by the FAQ
        scopes = {_SETTINGS, _INVOICES, _BROAD}
    elif endpoint in _OF_DOCUMENTS:
        scopes = {_OF_DOCUMENTS[endpoint], _BROAD}
    else:
        scopes = {"accounting.contacts" if endpoint == "Contacts" else _SETTINGS}
    return frozenset(scopes | ({f"{scope}.read" for scope in scopes} if method == "GET" else set()))
