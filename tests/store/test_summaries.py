"""How routes stood last: kept beside the audit log, summed up from what waits, and read for several at once."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentState
from bridge.model.summaries import CheckSummary, Pile, Summary
from bridge.store.api import WaitingDocuments, WaitingVouchers
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore
from tests.store import facts

ROUTE = facts.route()
SUMMARY = Summary(facts.NOON, held=Pile(2, {"USD": 500}, date(2026, 6, 1)))
CHECK = CheckSummary(facts.NOON, None, (), 1, 2, ())


def test_a_summary_is_kept_over_the_one_that_it_was_made_beside_alone_and_the_last_check_with_it(
    store: SqlStore,
) -> None:
    ahead = Summary(facts.NOON + timedelta(days=132, microseconds=1))
    with store.unit("ann") as unit:
        assert unit.summaries.put(ROUTE.route_id, ahead, CHECK)
        assert not unit.summaries.put(ROUTE.route_id, SUMMARY, msgspec.structs.replace(CHECK, tied=2))
        assert not unit.summaries.put(ROUTE.route_id, SUMMARY, over=SUMMARY.at)
        assert unit.summaries.put(ROUTE.route_id, SUMMARY, over=ahead.at), "a clock was ahead"

    with store.reading() as unit:
        (kept,) = unit.summaries.all().values()
        assert list(unit.audit.rows()) == []
    assert (kept.summary, kept.check) == (SUMMARY, CHECK)


def test_an_entry_of_two_vouchers_is_added_up_once(store: SqlStore) -> None:
    first, second = facts.entry(1), facts.entry(1, place=facts.slot("2026-07"), amount_minor=700)
    held = {"reason": "review", "route_id": ROUTE.route_id}
    with store.unit("ann") as unit:
        unit.entries.add_many([first, second])
        for entry, number in ((first, 1), (first, 2), (second, 1)):
            voucher = facts.voucher(entry.entry_id, number)
            unit.deliveries.add(
                facts.delivery(
                    entry.entry_id, DeliveryState.HELD, voucher=voucher, voucher_id=voucher.voucher_id, **held
                )
            )

    with store.reading() as unit:
        found = unit.summaries.vouchers(ROUTE.route_id, facts.LEDGER, DeliveryState.HELD, DeliveryState.PARKED)
        assert unit.summaries.vouchers(ROUTE.route_id, facts.LEDGER, DeliveryState.OWED) == ()
        assert unit.summaries.vouchers("rte_other", facts.LEDGER, DeliveryState.HELD) == ()
    days = min(first.booked_on, second.booked_on)
    assert found == (WaitingVouchers(DeliveryState.HELD, "review", "USD", 3, 1700, days),)


def test_documents_that_wait_are_added_up_by_currency(store: SqlStore) -> None:
    with store.unit("ann") as unit:
        kept = facts.save(unit, facts.lines(2), state=DocumentState.HELD, reason="order.unbalanced")

    with store.reading() as unit:
        found = unit.summaries.documents(kept.connection_id, DocumentState.HELD, ["order.unbalanced", "other"])
        assert unit.summaries.documents(kept.connection_id, DocumentState.HELD, ["other"]) == ()
    head = kept.document
    assert found == (WaitingDocuments(head.currency, 1, head.total_minor, head.closed_at),)


def test_of_several_organisations_those_are_read_that_were_asked_for(another: OpenStore) -> None:
    for name in ("a", "b", "c"):
        with another(name).unit("ann") as unit:
            unit.connections.put(facts.connection(account=name))
            unit.routes.put(ROUTE)
            unit.summaries.put(ROUTE.route_id, SUMMARY)

    found = another("a").clients(["c", "b", "none"])

    assert [one.organisation for one in found] == ["b", "c", "none"]
    assert [[one.account for one in client.connections] for client in found] == [["b"], ["c"], []]
    assert [dict(client.summaries) for client in found][2] == {}
    assert found[0].summaries[ROUTE.route_id].summary == SUMMARY
