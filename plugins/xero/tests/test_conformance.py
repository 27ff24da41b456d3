"""Xero's plugin does what it declares: the conformance kit over its own sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from pydantic import SecretStr

import bridge_xero
from bridge.model.money import decimal_text
from bridge.plugin import AppSettings, Sink, SinkOffer, signature
from bridge.sandbox import FaultKind
from bridge.testing import FakeLedger, Sent, SinkConformance
from bridge_xero.kinds import KINDS, WRITTEN
from bridge_xero.settings import XeroSettings
from bridge_xero.sink import XeroSink
from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.organisation import TENANT, SinkContext

_NOTICE = json.dumps(
    {
        "events": [
            {
                "resourceUrl": "https://api.xero.com/x",
                "resourceId": "inv-7",
                "tenantId": "ACCOUNT",
                "tenantType": "ORGANISATION",
                "eventCategory": "INVOICE",
                "eventType": "UPDATE",
                "eventDateUtc": "2026-06-02T08:00:00.000",
            }
        ],
        "firstEventSequence": 1,
        "lastEventSequence": 1,
        "entropy": "S",
    }
)


class XeroLedger(FakeLedger):
    """One organisation in the sandbox."""

    def __init__(self, sandbox: XeroSandbox) -> None:
        self._sandbox = sandbox
        app = XeroSettings(
            client_id=sandbox.client_id,
            client_secret=SecretStr(sandbox.client_secret),
            base_url=sandbox.base_url,
            may_create=True,
        )
        self._sink = XeroSink(SinkContext(app, sandbox.issue_tokens(TENANT)[0]))

    @property
    def sink(self) -> Sink:
        return self._sink

    def count(self) -> int:
        return sum(
            found.get("Status") not in {"VOIDED", "DELETED"}
            for kind in WRITTEN
            for found in self._sandbox.entities(TENANT, KINDS[kind].plural)
        )

    def lose_the_next_answer(self) -> None:
        self._strike(FaultKind.COMMIT_THEN_DROP)

    def refuse_the_next_write(self) -> None:
        self._sandbox.set(TENANT, period_lock_date="2026-12-31")

    def throttle_the_next_write(self, seconds: int) -> None:
        self._strike(FaultKind.ANSWER, status=429, headers={"Retry-After": str(seconds)})

    def revoke(self) -> None:
        self._sandbox.disconnect(TENANT)

    def fall_silent(self) -> None:
        self._sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, method="GET")

    def refuse_to_show(self) -> str:
        self._sandbox.set(TENANT, refused=["Overpayments"])
        return "Overpayment"

    def add_foreign(self, on: date, debit: str, credit: str, amount_minor: int) -> None:
        """With a bank account it is money received, for a journal may not name one."""
        accounts = {account.ledger_id: account for account in self._sink.facts().accounts}
        kind = "BankTransaction" if accounts[debit].type == "BANK" else "ManualJournal"
        amount = decimal_text(amount_minor, "GBP")
        self._sandbox.tamper(TENANT).add_foreign(
            accounts[debit].number, accounts[credit].number, amount, on.isoformat(), kind
        )

    def edit(self, kind: str, ref: str) -> None:
        self._sandbox.tamper(TENANT).change_note(kind, ref, "as the client says")

    def delete(self, kind: str, ref: str) -> None:
        self._sandbox.tamper(TENANT).delete(kind, ref)

    def _strike(self, fault: FaultKind, **how: object) -> None:
        self._sandbox.faults.order(fault, method="PUT", **how)


class Register:
    """Keeps what is offered."""

    def __init__(self) -> None:
        self.offers: list[SinkOffer] = []

    def add(self, offer: SinkOffer) -> None:
        self.offers.append(offer)


class TestXero(SinkConformance):
    """Everything that is declared."""

    module = "bridge_xero"

    def offer(self) -> SinkOffer:
        register = Register()
        bridge_xero.bridge_register_sinks(register)
        return register.offers[0]

    def app_settings(self) -> AppSettings:
        return XeroSettings(webhook_key=SecretStr("xero-hush"))

    def noticed(self, app: AppSettings) -> tuple[Sent, ...]:
        body = _NOTICE.replace("ACCOUNT", TENANT).encode()
        return (Sent({"x-xero-signature": signature("xero-hush", body)}, body, (("invoice", "inv-7"),), TENANT),)

    @contextmanager
    def ledger(self) -> Iterator[FakeLedger]:
        with XeroSandbox() as sandbox:
            sandbox.add_organisation(TENANT)
            yield XeroLedger(sandbox)
