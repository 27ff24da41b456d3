"""The endpoints of the accounting API: from method and path to what is read or written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge_xero_sandbox import accounts, bank, contacts, invoices, items, journals, payments
from bridge_xero_sandbox.currencies import currencies
from bridge_xero_sandbox.elements import Outcome, carry_out
from bridge_xero_sandbox.kinds import KINDS, Kind
from bridge_xero_sandbox.limits import MOST_ELEMENTS
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.overview import actions, history, organisation_card
from bridge_xero_sandbox.present import allocation, present
from bridge_xero_sandbox.refusals import InvalidError, MissingError, RefusalError, Text
from bridge_xero_sandbox.reports import trial_balance_report
from bridge_xero_sandbox.schema import load_schema
from bridge_xero_sandbox.select import select
from bridge_xero_sandbox.tax import tax_rates
from bridge_xero_sandbox.tracking import create_category, create_option, tracking_categories
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["Call", "answer"]

_LONGEST_NOTE = 2500


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an organisation, its path split, its body read and checked.

    Shape:    ``refused`` are the places of the elements that are refused to order.
    """

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    modified_since: str
    body: JsonObject
    refused: frozenset[int] = frozenset()

    @property
    def path(self) -> str:
        """The path below the API's root."""
        return "/" + "/".join(self.parts)

    @property
    def summarizes(self) -> bool:
        """Whether one invalid element fails the whole answer: unless the client says otherwise, where it may."""
        may_say = load_schema().takes(self.method, self.path, "summarizeErrors")
        return not (may_say and self.query.get("summarizeErrors", "").lower() == "false")

    @property
    def unit_places(self) -> int:
        """Decimals of unit prices."""
        return 4 if self.query.get("unitdp") == "4" else 2


_Write = Callable[[Organisation, JsonObject, Call], JsonObject]


def answer(organisation: Organisation, call: Call) -> Outcome:
    """Carry a call out; give the status and the body without the envelope.

    Raises:   MissingError for an unknown id, RefusalError for what cannot be read.
    """
    if call.method == "PUT" and call.parts[0] == "TrackingCategories":
        return _track(organisation, call)
    if call.parts[0] not in KINDS:
        return 200, _overview(organisation, call)
    kind = KINDS[call.parts[0]]
    if len(call.parts) == 1:
        return _collection(organisation, kind, call)
    value = organisation.get(kind.name, call.parts[1])
    if value is None and kind.number and call.method == "GET":
        value = organisation.numbered(kind.name, _NUMBERED[kind.name], call.parts[1])
    if value is None and kind.name == "Items":
        value = organisation.item(call.parts[1])
    if value is None:
        raise MissingError
    if len(call.parts) == 2:
        return _one(organisation, kind, value, call)
    return _below(organisation, kind, value, call)


def _track(organisation: Organisation, call: Call) -> Outcome:
    """Add a category, or an option to one."""
    if len(call.parts) == 1:
        return carry_out(
            "TrackingCategories",
            [call.body],
            lambda given: create_category(organisation, given),
            lambda made: made,
            summarizes=True,
        )
    return carry_out(
        "Options",
        [call.body],
        lambda given: create_option(organisation, call.parts[1], given),
        lambda made: made,
        summarizes=True,
    )


def _overview(organisation: Organisation, call: Call) -> JsonObject:
    """Answer for what is no object with an id of its own."""
    match call.parts:
        case ("Organisation", "Actions"):
            return {"Actions": actions(organisation)}
        case ("Organisation",):
            return {"Organisations": [organisation_card(organisation)]}
        case ("Reports", "TrialBalance"):
            return {"Reports": [trial_balance_report(organisation, call.query.get("date", ""))]}
        case ("TaxRates", *rest):
            return {"TaxRates": _named(tax_rates(organisation), "TaxType", rest)}
        case ("TrackingCategories", *rest) if call.method == "GET":
            with_archived = call.query.get("includeArchived", "").lower() == "true"
            found = tracking_categories(organisation, with_archived=with_archived)
            return {"TrackingCategories": _named(found, "TrackingCategoryID", rest)}
        case _:
            return {"Currencies": _currencies(organisation, call)}


def _named(found: list[JsonObject], key: str, rest: list[str]) -> list[JsonObject]:
    """All of them, of which there may be none, or the one that the path names."""
    chosen = [value for value in found if not rest or value[key] == rest[0]]
    if rest and not chosen:
        raise MissingError
    return chosen


def _currencies(organisation: Organisation, call: Call) -> list[JsonObject]:
    codes = currencies(organisation)
    if call.method == "PUT":
        code = call.body.get("Code")
        if not code:
            raise InvalidError(Text.FIELD_NEEDED.format(field="Code"))
        if code not in codes:
            organisation.change_settings({"currencies": [*organisation.settings.currencies, code]})
        codes = [code]
    return [{"Code": code, "Description": code} for code in codes]


def _collection(organisation: Organisation, kind: Kind, call: Call) -> Outcome:
    if call.method == "GET":
        operation = load_schema().operation("GET", call.path) or {"parameters": []}
        takes = frozenset(parameter["name"] for parameter in operation["parameters"])
        return 200, select(organisation, kind, call.query, call.modified_since, takes)
    write = _WRITES[call.method, kind.name]
    elements = _elements(kind, call)
    return _write(organisation, kind, elements, write, call)


def _elements(kind: Kind, call: Call) -> list[JsonObject]:
    """Give what a body holds: a list under the name of its kind, or one alone; none where it holds nothing."""
    elements: list[JsonObject] = call.body.get(kind.name, [call.body] if call.body else [])
    return elements


def _one(organisation: Organisation, kind: Kind, value: JsonObject, call: Call) -> Outcome:
    if call.method == "GET":
        return 200, {kind.name: [present(organisation, kind.name, value)]}
    if kind.name == "Accounts":
        return _account(organisation, kind, value, call)
    if call.method == "DELETE":
        items.delete_item(organisation, value)
        return 204, {}
    elements = _elements(kind, call)
    named = [{**element, kind.id: value[kind.id]} for element in elements[:1]]
    return _write(organisation, kind, named, _WRITES["POST", kind.name], call)


def _account(organisation: Organisation, kind: Kind, value: JsonObject, call: Call) -> Outcome:
    def write(element: JsonObject) -> JsonObject:
        if call.method == "DELETE":
            return accounts.delete_account(organisation, value)
        return accounts.update_account(organisation, value, element)

    elements = call.body.get(kind.name, [{}]) if call.method == "POST" else [{}]
    return carry_out(
        kind.name, elements[:1], write, lambda found: present(organisation, kind.name, found), summarizes=True
    )


def _below(organisation: Organisation, kind: Kind, value: JsonObject, call: Call) -> Outcome:
    id = value[kind.id]
    match call.method, call.parts[2:]:
        case "GET", ("History",):
            return 200, {"HistoryRecords": history(organisation, kind.name, id)}
        case "PUT", ("History",):
            for record in call.body.get("HistoryRecords", ()):
                details = record.get("Details", "")[:_LONGEST_NOTE]
                organisation.note(kind.name, id, changes="Note", by="System Generated", details=details)
            count = len(call.body.get("HistoryRecords", ()))
            return 200, {"HistoryRecords": history(organisation, kind.name, id)[:count]}
        case "PUT", ("Allocations",):
            return _allocate(organisation, value, call)
        case "DELETE", ("Allocations", allocation_id):
            deleted = payments.delete_allocation(organisation, value, allocation_id)
            return 200, allocation(organisation, deleted)  # bare: the published answer has no list around it
    raise MissingError


def _allocate(organisation: Organisation, note: JsonObject, call: Call) -> Outcome:
    def write(element: JsonObject) -> JsonObject:
        current = organisation.get("CreditNotes", note["CreditNoteID"])
        assert current is not None
        return payments.allocate(organisation, current, element)

    return carry_out(
        "Allocations",
        call.body.get("Allocations", ()),
        write,
        lambda found: allocation(organisation, found),
        summarizes=call.summarizes,
    )


def _write(organisation: Organisation, kind: Kind, elements: list[JsonObject], write: _Write, call: Call) -> Outcome:
    if not elements:
        raise RefusalError(14, "PostDataInvalidException", "JSON for post data was invalid, there are no elements")
    if len(elements) > MOST_ELEMENTS:
        message = f"JSON for post data was invalid, there are more than {MOST_ELEMENTS} elements"
        raise RefusalError(14, "PostDataInvalidException", message)
    return carry_out(
        kind.name,
        elements,
        lambda element: write(organisation, element, call),
        lambda value: present(organisation, kind.name, value),
        summarizes=call.summarizes,
        refused=call.refused,
    )


def _payment(organisation: Organisation, given: JsonObject, _call: Call) -> JsonObject:
    """A payment is never changed: with an id it can only be deleted."""
    if not given.get("PaymentID"):
        return payments.create_payment(organisation, given)
    old = organisation.get("Payments", given["PaymentID"])
    if old is None:
        raise InvalidError(Text.DOCUMENT_MISSING)
    if given.get("Status") != "DELETED":
        raise InvalidError(Text.NOT_MODIFIABLE)
    return payments.delete_payment(organisation, old)


def _create(name: str) -> _Write:
    return lambda organisation, given, call: invoices.create_document(organisation, name, given, call.unit_places)


def _upsert(name: str) -> _Write:
    return lambda organisation, given, call: invoices.upsert_document(organisation, name, given, call.unit_places)


_NUMBERED = {"Invoices": "ACCREC", "CreditNotes": "ACCRECCREDIT"}
_WRITES: dict[tuple[str, str], _Write] = {
    ("PUT", "Accounts"): lambda organisation, given, _call: accounts.create_account(organisation, given),
    ("PUT", "Contacts"): lambda organisation, given, _call: contacts.create_contact(organisation, given),
    ("POST", "Contacts"): lambda organisation, given, _call: contacts.upsert_contact(organisation, given),
    ("PUT", "Items"): lambda organisation, given, _call: items.create_item(organisation, given),
    ("POST", "Items"): lambda organisation, given, _call: items.upsert_item(organisation, given),
    ("PUT", "Invoices"): _create("Invoices"),
    ("POST", "Invoices"): _upsert("Invoices"),
    ("PUT", "CreditNotes"): _create("CreditNotes"),
    ("POST", "CreditNotes"): _upsert("CreditNotes"),
    ("PUT", "Payments"): _payment,
    ("POST", "Payments"): _payment,
    ("PUT", "ManualJournals"): lambda organisation, given, _call: journals.create_journal(organisation, given),
    ("POST", "ManualJournals"): lambda organisation, given, _call: journals.upsert_journal(organisation, given),
    ("PUT", "BankTransactions"): lambda organisation, given, call: bank.create_transaction(
        organisation, given, call.unit_places
    ),
    ("POST", "BankTransactions"): lambda organisation, given, call: bank.upsert_transaction(
        organisation, given, call.unit_places
    ),
    ("PUT", "BankTransfers"): lambda organisation, given, _call: bank.create_transfer(organisation, given),
    ("POST", "BankTransfers"): lambda organisation, given, _call: bank.delete_transfer(
        organisation, given["BankTransferID"], given["Status"]
    ),
}
