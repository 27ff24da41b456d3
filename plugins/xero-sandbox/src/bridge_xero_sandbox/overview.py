"""What an organisation says of itself: its card with the lock dates, what this connection may do, histories."""

from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.wire import JsonObject, day_on_the_wire, instant_on_the_wire

__all__ = ["actions", "history", "organisation_card"]

_VERSIONS = {"GB": "UK", "US": "US", "AU": "AU", "NZ": "NZ"}


def organisation_card(organisation: Organisation) -> JsonObject:
    """Give the ``Organisation`` object."""
    settings = organisation.settings
    card: JsonObject = {
        "Name": settings.name,
        "LegalName": settings.name,
        "PaysTax": settings.sales_tax_basis != "NONE",
        "Version": _VERSIONS.get(settings.country, "GLOBAL"),
        "OrganisationType": "COMPANY",
        "BaseCurrency": settings.base_currency,
        "CountryCode": settings.country,
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": settings.financial_year_end_day,
        "FinancialYearEndMonth": settings.financial_year_end_month,
        "SalesTaxBasis": settings.sales_tax_basis,
        "SalesTaxPeriod": "QUARTERLY",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": instant_on_the_wire("2020-01-01T00:00:00+00:00"),
        "OrganisationEntityType": "COMPANY",
        "Timezone": settings.time_zone,
        "ShortCode": "!sandbx",
        "Edition": "BUSINESS",
        "Class": "PREMIUM",
        "OrganisationID": organisation.owner,
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    if settings.period_lock_date:
        card["PeriodLockDate"] = day_on_the_wire(settings.period_lock_date)
    if settings.end_of_year_lock_date:
        card["EndOfYearLockDate"] = day_on_the_wire(settings.end_of_year_lock_date)
    return card


def actions(organisation: Organisation) -> list[JsonObject]:
    """List what the connection's user may do."""
    past_the_lock = "ALLOWED" if organisation.settings.adviser else "NOT-ALLOWED"
    return [
        {"Name": "UseMulticurrency", "Status": "ALLOWED"},
        {"Name": "ApproveTransactionsBeforePeriodLockDate", "Status": past_the_lock},
        {"Name": "CreateApprovedInvoice", "Status": "ALLOWED"},
        {"Name": "CreateRepeatingInvoice", "Status": "ALLOWED"},
    ]


def history(organisation: Organisation, kind: str, id: str) -> list[JsonObject]:
    """Give an object's history as answers show it, latest first."""
    return [
        {
            "Changes": record.changes,
            "DateUTCString": record.at[:19],
            "DateUTC": instant_on_the_wire(record.at),
            "User": record.user,
            "Details": record.details,
        }
        for record in reversed(organisation.history(kind, id))
    ]
