"""Reasons are spelt in one table, and every set of them is asked of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.model import reasons
from bridge.model.documents import PAYING, DocumentKind
from bridge.model.reasons import Cure, Reason, Subject, Who

ROOT = Path(__file__).parents[2]
TABLE = "src/bridge/model/reasons.py"
# Words that are a reason elsewhere and mean something else there: a kind of line, a state, a call, an error's code.
MEANT_OTHERWISE = {
    ("plugins/amazon/src/bridge_amazon/cells.py", "payout.failed"),
    ("plugins/shopify/src/bridge_shopify/payout_lines.py", "payout.failed"),
    ("src/bridge/drift/comparing/unfinished.py", "withdrawn"),
    ("src/bridge/errors.py", "stale"),
    ("src/bridge/host/guarded_sink.py", "same_amount"),
    ("src/bridge/model/deliveries.py", "withdrawn"),
    ("src/bridge/model/documents.py", "refund.awaits_details"),
    ("src/bridge/model/documents.py", "refund.awaits_order"),
    ("src/bridge/model/lines.py", "payout.failed"),
    ("src/bridge/model/lines.py", "unclassified"),
}


def spelt(source: str) -> Iterator[str]:
    """Every text of a module that is a reason, or is the ending of one that is put together of a kind."""
    endings = {f".{code.partition('.')[2]}" for code in (*map(reasons.unbalanced, DocumentKind), *reasons.REISSUED)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in {*Reason, *endings}:
            yield node.value


def test_no_reason_is_spelt_outside_the_table() -> None:
    roots = (ROOT / "src", *sorted(ROOT.glob("plugins/*/src")))
    fakes = re.compile(r"/sandbox/|-sandbox/")
    files = [path for root in roots for path in sorted(root.rglob("*.py")) if not fakes.search(path.as_posix())]
    found = {
        (name, text)
        for path in files
        if (name := path.relative_to(ROOT).as_posix()) != TABLE
        for text in spelt(path.read_text(encoding="utf-8"))
    }

    assert found == MEANT_OTHERWISE


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('HELD = ("hold_back", 1)', ["hold_back"]),
        ('code = f"{kind}.unbalanced"', [".unbalanced"]),
        ('match reason:\n    case "review": pass', ["review"]),
        ('"""What is in review."""', []),
    ],
)
def test_the_scan_finds_a_reason_that_is_spelt(source: str, found: list[str]) -> None:
    assert list(spelt(source)) == found


@pytest.mark.parametrize("kind", DocumentKind)
def test_every_kind_of_document_may_be_unbalanced(kind: DocumentKind) -> None:
    assert reasons.unbalanced(kind) == f"{kind}.unbalanced"


@pytest.mark.parametrize("kind", PAYING)
def test_what_pays_may_be_reissued(kind: DocumentKind) -> None:
    assert reasons.reissued(kind) == f"{kind}.reissued"


def test_a_reason_is_its_code() -> None:
    stored = "".join(["re", "view"])

    assert (f"{Reason.REVIEW}", stored) == ("review", Reason.REVIEW)
    assert stored in reasons.RELEASABLE
    assert Reason.REVIEW.cures == {Cure.RELEASE, Cure.PILOT}


# What bridge does by itself and tells; none of it is ever held or parked for these.
TOLD = {"bank_leg.none", "payout.failed", "planned.anew", "replaced", "delivery.interrupted"} | {
    "known.file_after_api",
    "stale",
    "reissue.accepted",
    "reissue.supplement",
}


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        (
            reasons.PATIENT - TOLD,
            (
                "before_first_day coverage.awaited document.gone facts.unavailable hold_back order.unpaid "
                "payout.arrived payout.awaited payout.not_paid"
            ),
        ),
        (reasons.PASSED_OVER, "known.file_after_api stale"),
        (reasons.ORDERS_THAT_WAIT, "order.unpaid payout.awaited"),
        (reasons.ORDERS_LOOKED_AT_AGAIN, "gift_cards.purpose payout.awaited"),
        (reasons.SETTLEMENTS_ASKED_ABOUT, "settlement.two_parties settlement.vat_in_rows"),
        (
            reasons.TAX_QUESTIONS,
            "tax_regime.misfit tax_regime.open_deposit tax_regime.open_orders tax_regime.scheme tax_regime.unstated",
        ),
        (
            reasons.OF_THE_LEDGER,
            (
                "account.archived account.currency account.missing account.type facts.unavailable period.locked "
                "rate.missing tax_code.missing tracking.missing"
            ),
        ),
        (reasons.OF_NO_LEDGER, "coverage.awaited hold_back payout.not_paid pilot.awaited review unclassified"),
        (reasons.OF_TIME, "coverage.awaited hold_back payout.not_paid"),
        (reasons.RELEASABLE, "review unclassified"),
        (reasons.OF_A_PILOT, "pilot.awaited review"),
        (reasons.BY_PERSON, "delivery.undone delivery.withdrawn withdrawn"),
    ],
)
def test_a_set_that_rooms_decide_by_takes_in_no_reason_unseen(found: frozenset[str], meant: str) -> None:
    assert sorted(found) == meant.split()


def test_what_nobody_need_act_on_has_no_cure_that_takes_a_person() -> None:
    decided = {Cure.RELEASE, Cure.RETRY, Cure.ADOPT, Cure.BOOK_AGAIN, Cure.ACCEPTANCE}

    assert reasons.PATIENT.isdisjoint(reasons.reasons(cures=decided))
    assert reasons.reasons(Subject.DELIVERY, who=[Who.LEDGER]) <= reasons.OF_THE_LEDGER
