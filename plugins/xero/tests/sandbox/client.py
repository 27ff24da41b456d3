"""A plain client of the fake Xero, and the bodies the tests send."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests

from bridge_xero_sandbox import XeroSandbox
from bridge_xero_sandbox.wire import encode

TENANT = "5a0dbe11-0000-4000-8000-00000000000a"
CONTACT = "Sales channels"


@dataclass(frozen=True)
class Answer:
    """An answer with its numbers exact."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text, parse_float=Decimal)

    @property
    def messages(self) -> list[str]:
        """Every validation message in the answer, in order."""
        body = self.json
        lists = (value for value in body.values() if isinstance(value, list))
        elements: list[Any] = body.get("Elements") or next(lists, [])
        return [error["Message"] for element in elements for error in element.get("ValidationErrors", ())]

    @property
    def message(self) -> str:
        """The message of a refusal as a whole."""
        return str(self.json.get("Message", ""))


class Client:
    """Speaks to one organisation with a good token."""

    def __init__(self, sandbox: XeroSandbox, tenant: str = TENANT) -> None:
        self.sandbox = sandbox
        self.tenant = tenant
        self.session = requests.Session()
        self.session.headers["Accept"] = "application/json"
        self.access, self.refresh = sandbox.issue_tokens(tenant)
        self.contact = {"ContactID": sandbox.contact_id(tenant, CONTACT)}

    def get(self, path: str, since: str = "", **query: Any) -> Answer:
        return self.send("GET", path, params=query, headers={"If-Modified-Since": since} if since else {})

    def find(self, path: str, since: str = "", **query: Any) -> list[Any]:
        answer = self.get(path, since, **query)
        assert answer.status == 200, answer.text
        found: list[Any] = answer.json[path]
        return found

    def put(self, path: str, body: object, key: str = "", **query: Any) -> Answer:
        return self.write("PUT", path, body, key, **query)

    def post(self, path: str, body: object, key: str = "", **query: Any) -> Answer:
        return self.write("POST", path, body, key, **query)

    def write(self, method: str, path: str, body: object, key: str = "", **query: Any) -> Answer:
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        return self.send(method, path, params=query, data=encode(body), headers=headers)

    def create(self, kind: str, element: object, **query: Any) -> Any:
        """Create one element and give it back."""
        answer = self.put(kind, {kind: [element]}, **query)
        assert answer.status == 200, answer.text
        return answer.json[kind][0]

    def refused(self, kind: str, element: object) -> list[str]:
        """Give the messages with which one element is refused."""
        answer = self.put(kind, {kind: [element]})
        assert answer.status == 400, answer.text
        return answer.messages

    def invoice(
        self, *lines: tuple[str, str, str], number: str = "", on: str = "2026-01-31", **more: Any
    ) -> dict[str, Any]:
        """Give a body; a line is (amount, account code, tax type)."""
        return {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "Contact": self.contact,
            "Date": on,
            "DueDate": on,
            "LineAmountTypes": "Inclusive",
            "LineItems": [
                {"Description": "Sales", "Quantity": 1, "UnitAmount": Decimal(amount), "AccountCode": account,
                 "TaxType": tax}
                for amount, account, tax in lines or (("120.00", "4000", "OUTPUT2"),)
            ],
            **({"InvoiceNumber": number} if number else {}),
            **more,
        }  # fmt: skip

    def note(self, *lines: tuple[str, str, str], number: str = "", **more: Any) -> dict[str, Any]:
        """Give the body of a credit note."""
        body = self.invoice(*lines, **more)
        body.pop("DueDate")
        return {**body, "Type": "ACCRECCREDIT", **({"CreditNoteNumber": number} if number else {})}

    def payment(self, invoice: Any, amount: str, account: str = "1200", on: str = "2026-01-31") -> dict[str, Any]:
        return {
            "Invoice": {"InvoiceID": invoice["InvoiceID"]},
            "Account": {"Code": account},
            "Date": on,
            "Amount": Decimal(amount),
        }

    def journal(self, *lines: tuple[str, str], on: str = "2026-01-31", **more: Any) -> dict[str, Any]:
        """Give a body; a line is (account code, amount), a credit with a minus."""
        return {
            "Narration": "J-1",
            "Date": on,
            "Status": "POSTED",
            "JournalLines": [{"LineAmount": Decimal(amount), "AccountCode": code} for code, amount in lines],
            **more,
        }

    def transaction(self, amount: str = "10.00", type_: str = "SPEND", **more: Any) -> dict[str, Any]:
        return {
            "Type": type_,
            "Contact": self.contact,
            "BankAccount": {"Code": "1000"},
            "Date": "2026-01-31",
            "LineAmountTypes": "NoTax",
            "LineItems": [{"Description": "Fees", "UnitAmount": Decimal(amount), "AccountCode": "6100"}],
            **more,
        }

    def transfer(self, amount: str = "10.00", on: str = "2026-02-03", **more: Any) -> dict[str, Any]:
        return {
            "FromBankAccount": {"Code": "1230"},
            "ToBankAccount": {"Code": "1000"},
            "Amount": Decimal(amount),
            "Date": on,
            **more,
        }

    def close(self) -> None:
        self.session.close()

    def send(self, method: str, path: str, **more: Any) -> Answer:
        self.session.headers["Authorization"] = f"Bearer {self.access}"
        self.session.headers["xero-tenant-id"] = self.tenant
        url = f"{self.sandbox.base_url}/api.xro/2.0/{path}"
        response = self.session.request(method, url, timeout=60, **more)
        return Answer(response.status_code, response.text, dict(response.headers))
