"""The company's preferences and its own card, built from its settings."""

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.wire import JsonObject, stamp

__all__ = ["company_info", "preferences"]

_COUNTRIES = {"US": "USA", "GB": "GBR", "CA": "CAN", "AU": "AUS", "NZ": "NZL", "DE": "DEU", "FR": "FRA", "IE": "IRL"}


def preferences(company: Company) -> JsonObject:
    """Give the ``Preferences`` object."""
    settings = company.settings
    accounting: JsonObject = {
        "UseAccountNumbers": True,
        "TrackDepartments": settings.track_departments,
        "ClassTrackingPerTxn": settings.track_classes and settings.class_per_transaction,
        "ClassTrackingPerTxnLine": settings.track_classes and not settings.class_per_transaction,
        "FirstMonthOfFiscalYear": "January",
        "TaxYearMonth": "January",
        "CustomerTerminology": "Customers",
    }
    if settings.book_close_date:
        accounting["BookCloseDate"] = settings.book_close_date
    currency: JsonObject = {
        "MultiCurrencyEnabled": settings.multi_currency,
        "HomeCurrency": {"value": settings.home_currency},
    }
    is_us = settings.country == "US"
    return {
        "AccountingInfoPrefs": accounting,
        "ProductAndServicesPrefs": {"ForSales": True, "ForPurchase": False, "QuantityWithPriceAndRate": True},
        "SalesFormsPrefs": {
            "CustomTxnNumbers": settings.custom_txn_numbers,
            "AllowDeposit": False,
            "AllowDiscount": True,
            "AllowShipping": False,
            "AutoApplyCredit": False,
            "AutoApplyPayments": False,
        },
        "TaxPrefs": {"UsingSalesTax": settings.uses_sales_tax, **({"PartnerTaxEnabled": True} if is_us else {})},
        "CurrencyPrefs": currency,
        "OtherPrefs": {
            "NameValue": [
                {
                    "Name": "WarnDuplicateJournalNumber",
                    "Value": str(settings.warn_duplicate_journal_numbers).lower(),
                }
            ]
        },
        **_card(company),
    }


def company_info(company: Company) -> JsonObject:
    """Give the ``CompanyInfo`` object."""
    country = company.settings.country
    return {
        "CompanyName": company.settings.name,
        "LegalName": company.settings.name,
        "CompanyStartDate": "2020-01-01",
        "FiscalYearStartMonth": "January",
        "Country": _COUNTRIES.get(country, country),
        "SupportedLanguages": company.settings.language,
        "NameValue": [{"Name": "OfferingSku", "Value": "QuickBooks Online Plus"}],
        **_card(company),
    }


def _card(company: Company) -> JsonObject:
    now = stamp(company.clock.now())
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": {"CreateTime": now, "LastUpdatedTime": now},
    }
