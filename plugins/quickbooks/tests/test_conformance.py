"""QuickBooks' plugin does what it declares: the conformance kit over its own sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from pydantic import SecretStr

import bridge_quickbooks
from bridge.model.money import decimal_text
from bridge.plugin import AppSettings, Sink, SinkOffer, signature
from bridge.sandbox import FaultKind
from bridge.testing import FakeLedger, Sent, SinkConformance
from bridge_quickbooks.settings import QuickBooksSettings
from bridge_quickbooks.sink import CAPABILITIES, QuickBooksSink
from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.company import REALM, SinkContext

_NOTICE = json.dumps(
    [
        {
            "specversion": "1.0",
            "id": "88",
            "source": "intuit.x",
            "type": "qbo.invoice.updated.v1",
            "time": "2026-06-02T08:00:00Z",
            "intuitentityid": "7",
            "intuitaccountid": "ACCOUNT",
            "data": {},
        }
    ]
)


class QuickBooksLedger(FakeLedger):
    """One company in the sandbox."""

    def __init__(self, sandbox: QuickBooksSandbox) -> None:
        self._sandbox = sandbox
        app = QuickBooksSettings(
            client_id=sandbox.client_id, client_secret=SecretStr(sandbox.client_secret), base_url=sandbox.base_url
        )
        self._sink = QuickBooksSink(SinkContext(app, sandbox.issue_tokens(REALM)[0]))

    @property
    def sink(self) -> Sink:
        return self._sink

    def count(self) -> int:
        return sum(len(self._sandbox.entities(REALM, kind)) for kind in CAPABILITIES.types)

    def lose_the_next_answer(self) -> None:
        self._strike(FaultKind.COMMIT_THEN_DROP)

    def refuse_the_next_write(self) -> None:
        self._sandbox.set(REALM, book_close_date="2026-12-31")

    def throttle_the_next_write(self, seconds: int) -> None:
        self._strike(FaultKind.THROTTLE, headers={"Retry-After": str(seconds)})

    def revoke(self) -> None:
        self._sandbox.disconnect(REALM)

    def fall_silent(self) -> None:
        for which in ({"method": "GET"}, {"path": "*/query"}):
            self._sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, **which)

    def refuse_to_show(self) -> str:
        self._sandbox.set(REALM, refused_kinds=["Bill"])
        return "Bill"

    def add_foreign(self, on: date, debit: str, credit: str, amount_minor: int) -> None:
        numbers = {account.ledger_id: account.number for account in self._sink.facts().accounts}
        amount = decimal_text(amount_minor, "USD")
        self._sandbox.tamper(REALM).add_foreign(numbers[debit], numbers[credit], amount, on.isoformat())

    def edit(self, kind: str, ref: str) -> None:
        self._sandbox.tamper(REALM).change_note(kind, ref, "as the client says")

    def delete(self, kind: str, ref: str) -> None:
        self._sandbox.tamper(REALM).delete(kind, ref)

    def _strike(self, fault: FaultKind, **how: object) -> None:
        """Strike the next write; a query is a POST as well, and none."""
        self._sandbox.faults.order(fault, label="*.create", **how)


class Register:
    """Keeps what is offered."""

    def __init__(self) -> None:
        self.offers: list[SinkOffer] = []

    def add(self, offer: SinkOffer) -> None:
        self.offers.append(offer)


class TestQuickBooks(SinkConformance):
    """Everything that is declared."""

    module = "bridge_quickbooks"

    def offer(self) -> SinkOffer:
        register = Register()
        bridge_quickbooks.bridge_register_sinks(register)
        return register.offers[0]

    def app_settings(self) -> AppSettings:
        return QuickBooksSettings(verifier_token=SecretStr("quickbooks-hush"))

    def noticed(self, app: AppSettings) -> tuple[Sent, ...]:
        body = _NOTICE.replace("ACCOUNT", REALM).encode()
        return (Sent({"intuit-signature": signature("quickbooks-hush", body)}, body, (("invoice", "7"),), REALM),)

    @contextmanager
    def ledger(self) -> Iterator[FakeLedger]:
        with QuickBooksSandbox() as sandbox:
            sandbox.add_company(REALM)
            sandbox.set(REALM, track_classes=True)
            yield QuickBooksLedger(sandbox)
