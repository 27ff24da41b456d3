"""Ids are derived once: what comes from the store brings its own."""

from __future__ import annotations

import cProfile
import pstats

from bridge import ids
from tests.books.shop import Shop, order

ORDERS = 30


def test_booking_a_day_derives_ids_for_what_it_makes_and_not_for_what_it_reads(shop: Shop) -> None:
    shop.receive(*(order(f"{number}", "2026-09-03 12:00", {"sale.product": 10_00}) for number in range(ORDERS)))
    profile = cProfile.Profile()

    profile.runcall(shop.run)

    functions = pstats.Stats(profile).get_stats_profile().func_profiles
    calls = functions["derive"].ncalls
    assert functions["derive"].file_name == ids.__file__
    assert int(calls) < ORDERS  # one entry, its voucher, its keys; each some times, and no document
    assert len(shop.entries()) == 1
