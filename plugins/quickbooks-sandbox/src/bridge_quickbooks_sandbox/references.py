"""Every reference in a body: does what it points at exist, is it active, and what is it called."""

from collections.abc import Iterator

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import REFERENCES
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, value_of

__all__ = ["account", "check_references"]

_US_TAX_CODES = frozenset({"TAX", "NON"})
_CURRENCIES = {
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "USD": "United States Dollar",
}
_INACTIVE = (
    "Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts,"
    " customers, items, vendors or employees."
)


def check_references(company: Company, value: JsonObject) -> None:
    """Check each reference and write the name of what it points at beside it.

    A class or department is dropped without a word where the company does not track them, and so is the class of a
    form's line where it has one a transaction.

    Raises:   RefusalError 2500 (no such object), 610 (made inactive) or 6100 (tax code).
    """
    _drop_untracked(company, value)
    if currency := value.get("CurrencyRef"):
        currency["name"] = _CURRENCIES.get(value_of(currency), value_of(currency))
    for key, kind, reference in _references(value):
        if kind == "TaxCode" and company.settings.country == "US":
            if value_of(reference) not in _US_TAX_CODES:
                raise RefusalError(
                    "6100",
                    f"Valid Line TaxCodes for US should be TAX or NON. Supplied value:{value_of(reference)}",
                    element=key,
                )
            continue
        found = company.get(kind, value_of(reference))
        if found is None:
            detail = f"Invalid Reference Id : {kind} element id {value_of(reference)} not found"
            raise RefusalError("2500", detail, element=key)
        if not found.get("Active", True):
            raise RefusalError("610", _INACTIVE, element=key)
        reference["name"] = found.get("FullyQualifiedName") or found.get("DisplayName") or found.get("Name", "")


def account(company: Company, reference: object) -> JsonObject:
    """Give the account a reference points at.

    Raises:   RefusalError 2500 if there is none.
    """
    found = company.get("Account", value_of(reference))
    if found is None:
        raise RefusalError("2500", f"Invalid Reference Id : Account element id {value_of(reference)} not found")
    return found


def _references(value: object, parent: JsonObject | None = None) -> Iterator[tuple[str, str, JsonObject]]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item, parent)
    elif isinstance(value, dict):
        for key, child in value.items():
            if kind := _kind(key, child, value):
                yield key, kind, child
            elif isinstance(child, dict | list):
                yield from _references(child, value)


def _kind(key: str, child: object, parent: JsonObject) -> str:
    """Tell what a reference points at; "" where the key is none that is checked."""
    if not isinstance(child, dict) or "value" not in child:
        return ""
    if key in {"EntityRef", "Entity"}:
        said = str(parent.get("Type") or child.get("type") or "").capitalize()
        return said if said in {"Customer", "Vendor"} else ""
    return REFERENCES.get(key, "")


def _drop_untracked(company: Company, value: object) -> None:
    if isinstance(value, list):
        for item in value:
            _drop_untracked(company, item)
    elif isinstance(value, dict):
        if not company.settings.track_classes:
            value.pop("ClassRef", None)
        if company.settings.class_per_transaction and isinstance(sold := value.get("SalesItemLineDetail"), dict):
            sold.pop("ClassRef", None)
        if not company.settings.track_departments:
            value.pop("DepartmentRef", None)
        for child in value.values():
            _drop_untracked(company, child)
