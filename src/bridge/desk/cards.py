"""A route as a person is told it: what it is booked by, what must be answered first, what in it is a slip."""

from __future__ import annotations

import msgspec

from bridge.books.engine.place import unmet_patterns
from bridge.books.waiting.pilots import accepted
from bridge.model.chart import Chart
from bridge.model.connections import Route, TaxRegime
from bridge.model.duties import sentence
from bridge.model.findings import Instruction
from bridge.model.route_fit import unfit
from bridge.model.tax_setup import TaxQuestion, odd_tax_codes, tax_regime
from bridge.store.api import UnitOfWork


class RouteCard(msgspec.Struct, frozen=True):
    """A route beside what its ledger and its channel said so far.

    company, country: empty while not known. books_by: None while question stands.
    odd_tax_codes: treatments mapped to a code of another rate, as sentences.
    unmet_tenders: patterns of its own that no gateway was ever met by; gateways: those there were. Both are empty
    where they were not asked for, or nothing was paid yet. unfit: see ``model.route_fit``. pilot: the word by which it
    sends by itself, where one is asked for and was given. rhythm: when it is read, sent and checked, as a sentence.
    """

    route: Route
    company: str
    country: str
    books_by: TaxRegime | None
    question: TaxQuestion | None
    odd_tax_codes: tuple[str, ...]
    unmet_tenders: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    rhythm: str = ""
    unfit: tuple[str, ...] = ()
    pilot: Instruction | None = None


def card(uow: UnitOfWork, route: Route, chart: Chart, *, with_gateways: bool = False) -> RouteCard:
    """What there is to say of a route. with_gateways: also whether its tenders fit, which reads every line it has."""
    facts = uow.facts.latest(route.ledger)
    answer = tax_regime(route, facts)
    connection_id = uow.connections.get(route.source).connection_id
    gateways = uow.documents.gateways(connection_id) if with_gateways and route.tenders else frozenset()
    return RouteCard(
        route,
        company=facts.company if facts else "",
        country=facts.country if facts else "",
        books_by=None if isinstance(answer, TaxQuestion) else answer,
        question=answer if isinstance(answer, TaxQuestion) else None,
        odd_tax_codes=tuple(odd_tax_codes(route, facts).values()) if facts else (),
        unmet_tenders=unmet_patterns(route, gateways),
        gateways=tuple(sorted(gateways)),
        rhythm=sentence(route),
        unfit=unfit(route, facts, chart) if facts else (),
        pilot=accepted(uow, route) if route.pilot else None,
    )
