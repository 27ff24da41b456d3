"""Checks that a ledger's facts are whole: what planning, the account map and the period policy go by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from bridge.errors import DocumentError
from bridge.model.facts import LedgerFacts
from bridge.model.money import exponent
from bridge.model.tax import is_treatment
from bridge.testing.sinks.bench import SinkBench
from bridge.testing.verdict import none_of, that

_COUNTRY: Final = re.compile(r"[A-Z]{2}")


class FactsChecks(SinkBench):
    """What the ledger says of itself."""

    def test_facts_are_complete(self) -> None:
        with self.ledger() as ledger:
            none_of(_missing(ledger.sink.facts()))

    def test_settle_seconds_are_whole(self) -> None:
        with self.ledger() as ledger:
            seconds: object = ledger.sink.settle_seconds
        that(type(seconds) is int and seconds >= 0, f"settle_seconds is {seconds!r}; whole seconds are wanted")


def _missing(facts: LedgerFacts) -> Iterator[str]:
    if not facts.company or not facts.connection:
        yield "the company, or the connection, has no name"
    if facts.taken_at.tzinfo is None:
        yield "taken_at has no zone"
    if not facts.accounts:
        yield "there is no account"
    for currency in (facts.home_currency, *facts.currencies, *(account.currency for account in facts.accounts)):
        try:
            exponent(currency)
        except DocumentError:
            yield f"{currency!r} is no currency of ISO 4217"
    named = {
        "account": [account.ledger_id for account in facts.accounts],
        "tax code": [code.ledger_id for code in facts.tax_codes],
        "item": [item.ledger_id for item in facts.items],
        "contact": [f"{contact.role} {contact.ledger_id}" for contact in facts.contacts],
        "dimension": [dimension.ledger_id for dimension in facts.dimensions],
        "option": [option.ledger_id for dimension in facts.dimensions for option in dimension.options],
    }
    for what, ids in named.items():
        yield from (f"{count} of them have the {what} id {one!r}" for one, count in Counter(ids).items() if count > 1)
        if "" in ids:
            yield f"a {what} has no id"
    for place in ("receivable_id", "tax_account_id"):
        if (one := getattr(facts, place)) and one not in named["account"]:
            yield f"{place} is {one!r}, which is no account"
    yield from _tax_faults(facts)


def _tax_faults(facts: LedgerFacts) -> Iterator[str]:
    if facts.country and not _COUNTRY.fullmatch(facts.country):
        yield f"{facts.country!r} is no country of ISO 3166, such as 'US'"
    for code in facts.tax_codes:
        for served in code.serves:
            if not is_treatment(served):
                yield f"tax code {code.name!r} serves {served!r}, which is no treatment"
        if code.rate and not is_treatment(f"sale:{code.rate}"):
            yield f"tax code {code.name!r} has the rate {code.rate!r}; plain percent such as '20' is wanted"
