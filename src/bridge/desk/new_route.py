"""What is asked of a route before it is declared: which ends, from which day on, by whose days, by which tax. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from bridge.errors import ConfigError
from bridge.model.account_classes import AccountClass
from bridge.model.connections import Connection, Route, Side, TaxRegime
from bridge.model.entries import Mode
from bridge.model.facts import LedgerFacts, TaxScheme
from bridge.model.periods import zone
from bridge.model.tax_regimes import Regime, regimes_for, row_of
from bridge.plugin import Question, SourceCapabilities

_HOME = "US"


class Terms(msgspec.Struct, frozen=True):
    """What a channel and a ledger leave open.

    company, country: empty while the ledger has not told. time_zone: the channel's own; empty where it tells none.
    modes: how entries may be made, the usual one first. regimes: that fit the company. is_regime_told: the country
    alone says which, the first. banks: the ledger's, each as a route names it and as people do.
    has_settlements: whether somebody has to say if these state tax in rows of their own.
    """

    channel: str
    ledger: str
    company: str
    country: str
    time_zone: str
    modes: tuple[Mode, ...]
    regimes: tuple[Regime, ...]
    is_regime_told: bool
    banks: tuple[tuple[str, str], ...]
    has_settlements: bool


def calendar(told: str) -> Question:
    """Whose days count. told: those of the channel, as it says; empty where it does not."""
    return Question(name="time_zone", prompt="Whose days", check=_zone, default=told if _is_zone(told) else None)


def partners(side: Side, connections: Iterable[Connection], routes: Iterable[Route]) -> tuple[Connection, ...]:
    """Where a route from, or into, a connection of that side may lead: a ledger; or a channel that no route reads."""
    taken = {route.source for route in routes}
    return tuple(one for one in connections if one.side is not side and one.name not in taken)


def terms(channel: str, ledger: str, facts: LedgerFacts | None, declared: SourceCapabilities, time_zone: str) -> Terms:
    """See ``Terms``. facts: None while the ledger has told nothing: then every regime is offered."""
    country = facts.country if facts else ""
    names = regimes_for(country, facts.tax_scheme if facts else TaxScheme.UNKNOWN) if country else tuple(TaxRegime)
    return Terms(
        channel,
        ledger,
        company=facts.company if facts else "",
        country=country,
        time_zone=time_zone if _is_zone(time_zone) else "",
        modes=tuple(declared.modes),
        regimes=tuple(map(row_of, names)),
        is_regime_told=country == _HOME,
        banks=_banks(facts) if facts else (),
        has_settlements=not declared.tenders and country != _HOME,
    )


def _banks(facts: LedgerFacts) -> tuple[tuple[str, str], ...]:
    """By number or name where that is plain, else by the ledger's own id."""
    found = [one for one in facts.accounts if one.is_active and one.account_class is AccountClass.BANK]
    called = [(one, one.number or one.name) for one in found]
    return tuple(
        (name if facts.account(name) == one else one.ledger_id, f"{one.number} {one.name}".strip())
        for one, name in called
    )


def _day(answer: str) -> str:
    try:
        return date.fromisoformat(answer.strip()).isoformat()
    except ValueError:
        raise ValueError("is no day, such as 2026-01-01") from None


def _zone(answer: str) -> str:
    if not _is_zone(answer.strip()):
        raise ValueError("is no time zone, such as America/Los_Angeles")
    return answer.strip()


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except ConfigError:
        return False
    return bool(name)


FIRST_DAY = Question(
    name="first_day",
    prompt="First day that is booked",
    where="Such as 2026-01-01",
    check=_day,
)
