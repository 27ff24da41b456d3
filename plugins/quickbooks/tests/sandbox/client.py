"""A plain client of the fake QuickBooks, and the bodies the tests send."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests

from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_quickbooks_sandbox.wire import encode

REALM = "9130000000000001"


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
    def code(self) -> str:
        """The code of the fault, or "" where there is none."""
        fault = self.json.get("Fault")
        return str(fault["Error"][0]["code"]) if fault else ""

    @property
    def element(self) -> str:
        return str(self.json["Fault"]["Error"][0]["element"])

    @property
    def detail(self) -> str:
        return str(self.json["Fault"]["Error"][0]["Detail"])


class Client:
    """Speaks to one company with a good token."""

    def __init__(self, sandbox: QuickBooksSandbox, realm: str = REALM) -> None:
        self.sandbox = sandbox
        self.realm = realm
        self.session = requests.Session()
        self.session.headers["Accept"] = "application/json"
        self.access, self.refresh = sandbox.issue_tokens(realm)

    def get(self, path: str, **query: str) -> Answer:
        return self._send("GET", path, params=query)

    def post(self, path: str, body: object, **query: str) -> Answer:
        return self.post_text(path, encode(body).decode(), **{"minorversion": "75", **query})

    def post_text(self, path: str, text: str, content_type: str = "application/json", **query: str) -> Answer:
        headers = {"Content-Type": content_type}
        return self._send("POST", path, params=query, data=text.encode(), headers=headers)

    def query(self, text: str) -> Any:
        answer = self.get("query", query=text)
        assert answer.status == 200, answer.text
        return answer.json["QueryResponse"]

    def create(self, kind: str, body: object, **query: str) -> Any:
        answer = self.post(kind.lower(), body, **query)
        assert answer.status == 200, answer.text
        return answer.json[kind]

    def account(self, number: str) -> dict[str, str]:
        return {"value": self.sandbox.account_id(self.realm, number)}

    def journal(self, *postings: tuple[str, str], number: str = "", on: str = "2026-01-31", **more: Any) -> Any:
        """Give a body; a posting is (account number, amount), a credit with a minus."""
        lines = [
            {
                "Amount": Decimal(amount.removeprefix("-")),
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {
                    "PostingType": "Credit" if amount.startswith("-") else "Debit",
                    "AccountRef": self.account(account),
                },
            }
            for account, amount in postings
        ]
        return {"TxnDate": on, "Line": lines, **({"DocNumber": number} if number else {}), **more}

    def sale(self, number: str = "S-1", on: str = "2026-01-31", amount: str = "25.06") -> Any:
        return self.journal(("1200", amount), ("4000", f"-{amount}"), number=number, on=on)

    def transfer(self, amount: float = 10, on: str = "2026-02-03", note: str = "") -> Any:
        return {
            "TxnDate": on,
            "Amount": amount,
            "FromAccountRef": self.account("1200"),
            "ToAccountRef": self.account("1000"),
            "PrivateNote": note,
        }

    def close(self) -> None:
        self.session.close()

    def _send(self, method: str, path: str, **more: Any) -> Answer:
        self.session.headers["Authorization"] = f"Bearer {self.access}"
        url = f"{self.sandbox.base_url}/v3/company/{self.realm}/{path}"
        response = self.session.request(method, url, timeout=60, **more)
        return Answer(response.status_code, response.text, dict(response.headers))
