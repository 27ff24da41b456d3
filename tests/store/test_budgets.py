"""What is spent of vendors' limits, in rows that all processes and organisations share."""

from __future__ import annotations

import threading
from datetime import timedelta

from bridge.model.budgets import Use
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore
from tests.store import facts

USES = (Use(facts.NOON, 3), Use(facts.NOON + timedelta(microseconds=1), 2, is_sure=True))


def test_what_is_spent_comes_back_as_it_was_put(store: SqlStore) -> None:
    with store.unit("host") as unit:
        assert unit.budgets.uses("xero", "one") == {}
        unit.budgets.put("xero", "one", "requests", 60, USES)
        unit.budgets.put("xero", "one", "requests", 60, USES[:1])
        unit.budgets.put("xero", "one", "requests", 86_400, USES)
        unit.budgets.put("xero", "", "requests", 60, ())
    with store.unit("host") as unit:
        assert unit.budgets.uses("xero", "one") == {("requests", 60): USES[:1], ("requests", 86_400): USES}
        assert unit.budgets.uses("xero", "") == {("requests", 60): ()}
        assert unit.budgets.uses("quickbooks", "one") == {}


def test_all_organisations_share_what_a_vendor_allows(another: OpenStore) -> None:
    with another("acme").unit("host") as unit:
        unit.budgets.put("xero", "one", "requests", 60, USES)

    with another("globex").unit("host") as unit:
        assert unit.budgets.uses("xero", "one") == {("requests", 60): USES}


def test_units_that_only_write_down_what_is_spent_leave_no_audit_row(store: SqlStore) -> None:
    with store.unit("host") as unit:
        unit.budgets.put("xero", "one", "requests", 60, USES)
    with store.unit("host") as unit:
        unit.budgets.put("xero", "one", "requests", 60, ())

    with store.reading() as unit:
        assert unit.audit.verify()[0] == 0


def test_who_reads_them_is_alone_until_the_end_of_the_unit(another: OpenStore) -> None:
    """Sixty-four additions by four threads of different organisations lose none, the first ones included."""
    stores = [another(f"org-{number}") for number in range(4)]

    def add(store: SqlStore) -> None:
        for _ in range(16):
            with store.unit("host") as unit:
                before = unit.budgets.uses("xero", "one").get(("requests", 60), (Use(facts.NOON, 0),))
                unit.budgets.put("xero", "one", "requests", 60, (Use(facts.NOON, before[0].many + 1),))

    threads = [threading.Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with stores[0].unit("host") as unit:
        assert unit.budgets.uses("xero", "one") == {("requests", 60): (Use(facts.NOON, 64),)}
