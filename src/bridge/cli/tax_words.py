"""How the command line speaks of a route's tax: the regime it is booked by, or what must be answered first."""

from __future__ import annotations

from rich.markup import escape

from bridge.cli.output import say
from bridge.desk import LineTax, RouteCard
from bridge.model.tax_regimes import row_of
from bridge.model.tax_setup import TaxQuestion


def say_tax(card: RouteCard) -> None:
    """The regime with what it means and where the company is; or the question that holds the route."""
    if card.question:
        say_question(card.question, indent="   ")
    elif card.books_by:
        where = f"; {card.company} is in {card.country}" if card.country else "; its country is not known yet"
        stated = "" if card.route.tax_regime else ", as the company's country says"
        say(f"   tax {card.books_by}{stated}: {row_of(card.books_by).means}{escape(where)}")
    say_odd_codes(card.odd_tax_codes, card.route.name)


def say_question(question: TaxQuestion, *, indent: str = "", what: str = "", is_told: bool = False) -> None:
    """Why a route books nothing, and what to do. what: else than the route is held by it. is_told: what to do first."""
    say(f"{indent}[yellow]held[/] {what}{escape(question.title)}")
    if not is_told:
        say(f"{indent}  next: {escape(question.next_step)}")


def in_words(tax: LineTax) -> str:
    """The treatment and the ledger's code that it becomes: ``sale:20 = 20.0% S``; empty where there is no treatment.

    Where the tax stands on lines of its own, a ledger's code for "not taxed" says nothing.
    """
    if not tax.treatment and not tax.tax_minor:
        return ""
    return " = ".join(filter(None, (tax.treatment, tax.name)))


def say_odd_codes(odd: tuple[str, ...], route: str) -> None:
    """Treatments that are mapped to codes of another rate."""
    for each in odd:
        say(f"   [yellow]{escape(each)}[/]: what it serves is held (tax_code.rate)")
        say(f"   next: map a code of its own rate in {escape(f'[routes.{route}.tax_codes]')}, then run: bridge apply")
