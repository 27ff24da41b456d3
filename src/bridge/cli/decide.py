"""``bridge decide``: what a person decides about what waits, or about a finding."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.markup import escape

from bridge.books import Meant
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, say
from bridge.desk import Siblings
from bridge.model.findings import InstructionKind
from bridge.model.money import exponent
from bridge.plugin import StandIn
from bridge.work.deciding import ELSEWHERE, Word

_DECISIONS = [kind.value for kind in InstructionKind if kind not in ELSEWHERE]
_BY_HALF = frozenset({InstructionKind.RELEASE, InstructionKind.WITHDRAW})


_HELP = """Decide about SUBJECT: a voucher or refund that waits, as `bridge held` lists it, or a finding of a check.

By its id, the start of it, or a voucher's number; a refund by the channel's id. The id of a settlement or payout,
or the name of an order that is booked alone, means all its vouchers that the decision fits. The decision is saved
with name and reason; `sync` carries it out.

\b
of a voucher
  release     held for review, or with unknown lines: send it as it is
  retry       refused, and the cause is mended: send it again
  adopt       refused, and there already: take --ref for it
  withdraw    do not send it
  book_again  withdrawn: send it after all
of a finding
  accept      leave it as it is, until --until
  reverse     take back what the channel gave up
  supplement  follow a settlement that was issued again
of a refund
  book_alone  book it without its order, or its own answer
"""


@click.command(help=_HELP)
@click.argument("subject")
@click.argument("decision", type=click.Choice(_DECISIONS), metavar="DECISION")
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@click.option("--by", help="Who decides; default: you.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="accept only: the day on which it lapses; else in a year."
)
@click.option("--ref", default="", help="adopt only: the ledger's id of the object that the voucher is.")
@click.option("--currency", default="", help="book_alone only: the refund's currency, where its order is missing.")
@click.option("--gateway", default="", help="book_alone only: who paid it back, where its order is missing.")
@with_setup
def decide(
    setup: Setup,
    subject: str,
    decision: str,
    reason: str,
    by: str | None,
    until: datetime | None,
    ref: str,
    currency: str,
    gateway: str,
) -> int:
    """What was decided is saved; ``sync`` carries it out."""
    kind, who = InstructionKind(decision), by or setup.actor
    if currency:
        exponent(currency)
    lapses = until.replace(tzinfo=UTC) if until else None
    with setup.app() as app:
        decided = app.deciding.decide(
            Meant(subject, ref=ref), Word(kind, who, reason, lapses, StandIn(currency, gateway))
        )
        others = app.desk.siblings(decided.subjects) if kind in _BY_HALF else None
    for name in decided.subjects:
        say(f"Saved: {kind} {escape(name)} by {escape(who)}{_lapses(decided.until)}.")
    if others is not None:
        _say_what_is_left(kind, others)
    if kind is not InstructionKind.ACCEPT:
        say("next: bridge sync")
    return 0


def _lapses(at: datetime | None) -> str:
    return f", until {at:%Y-%m-%d}" if at else ""


def _say_what_is_left(kind: InstructionKind, others: Siblings) -> None:
    """That only a part of a settlement, payout or order was meant."""
    if kind is InstructionKind.RELEASE and others.waiting:
        waits = "waits" if others.waiting == 1 else "wait"
        vouchers = f"{counted(others.waiting, 'voucher')} of the same {others.kind}"
        say(f"[yellow]{vouchers} still {waits}[/]: it goes out by half.")
    if kind is InstructionKind.WITHDRAW and others.staying:
        are = "is" if others.staying == 1 else "are"
        vouchers = f"{counted(others.staying, 'voucher')} of the same {others.kind}"
        say(
            f"[yellow]{vouchers} {are} not withdrawn[/]: half of it would stand in the ledger. All at once: its own id."
        )
