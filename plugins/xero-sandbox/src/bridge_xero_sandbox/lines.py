"""Line items: their amounts and tax, and what makes them invalid."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from bridge_xero_sandbox.items import with_item
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.tax import rate_of, tax_on, tax_suits
from bridge_xero_sandbox.tracking import check_tracking
from bridge_xero_sandbox.wire import JsonObject, amount, money

__all__ = ["account_of_line", "complete_lines", "tax_type_of", "totals"]

_REFUSED_SYSTEM = frozenset({"DEBTORS", "CREDITORS", "RETAINEDEARNINGS"})
_LONGEST_DESCRIPTION = 4000


def complete_lines(
    organisation: Organisation,
    document: JsonObject,
    *,
    is_draft: bool,
    unit_places: int,
    keeps_tax: bool,
    has_discounts: bool = False,
) -> None:
    """Fill in what Xero computes on each line.

    Shape:    with ``keeps_tax`` a stated TaxAmount stands; without it, it must equal the computed one.
    Raises:   InvalidError with every message there is to say.
    """
    wrong: list[str] = []
    completed = []
    for line in document.get("LineItems") or ():
        try:
            completed.append(
                _complete(
                    organisation,
                    with_item(organisation, line, document["Type"]),
                    document["LineAmountTypes"],
                    is_draft=is_draft,
                    unit_places=unit_places,
                    keeps_tax=keeps_tax,
                    has_discounts=has_discounts,
                )
            )
        except InvalidError as error:
            wrong += error.messages
    if not completed and not wrong and not is_draft:
        wrong.append(Text.NO_LINES)
    if wrong:
        raise InvalidError(*dict.fromkeys(wrong))
    document["LineItems"] = completed


def totals(lines: Iterable[JsonObject], line_amount_types: str) -> dict[str, Decimal]:
    """Add lines up to SubTotal, TotalTax and Total."""
    kept = list(lines)
    amounts = sum((amount(line.get("LineAmount")) for line in kept), Decimal(0))
    tax = sum((amount(line.get("TaxAmount")) for line in kept), Decimal(0))
    net = amounts - tax if line_amount_types == "Inclusive" else amounts
    return {"SubTotal": money(net), "TotalTax": money(tax), "Total": money(net + tax)}


def account_of_line(organisation: Organisation, line: JsonObject, *, is_journal: bool = False) -> JsonObject:
    """Give the account a line is coded to.

    Raises:   InvalidError if there is none or it cannot be used here.
    """
    code = str(line.get("AccountCode") or "")
    account = organisation.get("Accounts", line["AccountID"]) if line.get("AccountID") else organisation.account(code)
    if account is None:
        raise InvalidError(Text.ACCOUNT_INVALID.format(code=code))
    if account["Status"] != "ACTIVE":
        raise InvalidError(Text.ACCOUNT_ARCHIVED.format(code=account["Code"]))
    is_inventory = is_journal and account["Type"] == "INVENTORY"
    if account["Type"] == "BANK" or account.get("SystemAccount") in _REFUSED_SYSTEM or is_inventory:
        raise InvalidError(Text.ACCOUNT_INVALID.format(code=account["Code"]))
    return account


def tax_type_of(organisation: Organisation, line: JsonObject, account: JsonObject | None, types: str) -> str:
    """Give the tax type a line takes: its own, else its account's; none where the document knows no tax.

    Raises:   InvalidError if the organisation has no such type, or it cannot be used with the account.
    """
    given = line.get("TaxType")
    tax_type = str(given or (account or {}).get("TaxType", "NONE"))
    if rate_of(organisation, tax_type) is None:
        raise InvalidError(Text.TAX_MISSING.format(tax=tax_type))
    if types == "NoTax":
        return "NONE"
    if account is not None and not tax_suits(organisation, tax_type, account):
        raise InvalidError(Text.TAX_WITH_ACCOUNT.format(tax=tax_type, code=account["Code"]))
    return tax_type


def _complete(
    organisation: Organisation,
    line: JsonObject,
    types: str,
    *,
    is_draft: bool,
    unit_places: int,
    keeps_tax: bool,
    has_discounts: bool,
) -> JsonObject:
    done = dict(line)
    _check_words(organisation, done, is_draft=is_draft, has_discounts=has_discounts)
    account = None
    if not is_draft or line.get("AccountCode") or line.get("AccountID"):
        account = account_of_line(organisation, line)
        done |= {"AccountCode": account["Code"], "AccountID": account["AccountID"]}
    done.setdefault("LineItemID", organisation.new_id())
    done["LineAmount"] = _line_amount(done, unit_places)
    done["TaxType"] = tax_type_of(organisation, line, account, types)
    done["TaxAmount"] = _tax_amount(organisation, done, line.get("TaxAmount"), types, keeps_tax=keeps_tax)
    done.setdefault("Tracking", [])
    return done


def _check_words(organisation: Organisation, line: JsonObject, *, is_draft: bool, has_discounts: bool) -> None:
    if not line.get("Description") and not is_draft:
        raise InvalidError(Text.NO_DESCRIPTION)
    if len(line.get("Description") or "") > _LONGEST_DESCRIPTION:
        raise InvalidError(Text.TOO_LONG.format(field="Description", most=_LONGEST_DESCRIPTION))
    if not has_discounts and (line.get("DiscountRate") or line.get("DiscountAmount")):
        raise InvalidError(Text.DISCOUNT)
    check_tracking(organisation, line.get("Tracking") or ())


def _line_amount(line: JsonObject, unit_places: int) -> Decimal:
    quantity = amount(line.setdefault("Quantity", Decimal(1)))
    if quantity < 0:
        raise InvalidError(Text.NEGATIVE_QUANTITY.format(value=f"{quantity:.4f}"))
    if line.get("UnitAmount") is None:
        line["UnitAmount"] = amount(line.get("LineAmount")) / (quantity or Decimal(1))
    unit = amount(line["UnitAmount"]).quantize(Decimal(1).scaleb(-unit_places), ROUND_HALF_UP)
    line["UnitAmount"] = unit
    gross = quantity * unit * (1 - amount(line.get("DiscountRate")) / 100) - amount(line.get("DiscountAmount"))
    expected = money(gross.quantize(Decimal("0.01"), ROUND_HALF_UP))
    given = line.get("LineAmount")
    if given is not None and money(amount(given)) != expected:
        raise InvalidError(Text.LINE_TOTAL.format(given=money(amount(given)), expected=expected))
    return expected


def _tax_amount(organisation: Organisation, line: JsonObject, given: object, types: str, *, keeps_tax: bool) -> Decimal:
    rate = rate_of(organisation, line["TaxType"]) or Decimal(0)
    expected = money(tax_on(line["LineAmount"], rate, types))
    if given is None or types == "NoTax":
        return expected
    stated = money(amount(given))
    if stated != expected and not keeps_tax:
        raise InvalidError(Text.TAX_AMOUNT.format(given=stated, expected=expected))
    return stated
