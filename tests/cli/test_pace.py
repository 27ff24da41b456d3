"""How far a stream is, how fast it comes, and how long the rest takes, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from bridge.cli.pace import Pace
from bridge.ingest import Far

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
FIRST, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
START = Far("shop", "orders", "orders", FIRST, UNTIL, None, 100, 5_100)


def later(pace: Pace, seconds: int, **changes: object) -> str:
    return pace.words(msgspec.structs.replace(pace.start, **changes), AT + timedelta(seconds=seconds))


def test_what_is_counted_is_told_by_number() -> None:
    pace = Pace(START, AT)
    assert later(pace, 0) == "to 2026-01-01 of 2026-05-01, 100 of 5,100"
    march = datetime(2026, 3, 1, tzinfo=UTC)
    assert later(pace, 50, owners=2_100, through=march) == (
        "to 2026-03-01 of 2026-05-01, 2,100 of 5,100, 40 a second, 1 min to go"
    )
    assert later(pace, 120, owners=104) == "to 2026-01-01 of 2026-05-01, 104 of 5,100, 2 a minute, 41 h to go"
    assert later(pace, 60, owners=5_200, through=UNTIL).startswith("to 2026-05-01 of 2026-05-01, 5,200 of 5,200")


def test_what_is_not_counted_is_told_by_days() -> None:
    pace = Pace(msgspec.structs.replace(START, owners=0, expected=None), AT)
    assert later(pace, 0) == "to 2026-01-01 of 2026-05-01"
    half = FIRST + (UNTIL - FIRST) / 2
    assert later(pace, 30, owners=12, through=half).endswith("12, 24 a minute, less than a minute to go")
    assert pace.share(msgspec.structs.replace(pace.start, through=half)) == 0.5


def test_a_line_is_due_at_the_start_at_the_end_and_now_and_then() -> None:
    pace = Pace(START, AT)
    done = msgspec.structs.replace(START, through=UNTIL)
    steps = [(START, 0), (START, 5), (START, 11), (START, 12), (done, 13), (done, 14)]
    told = [pace.is_news(far, AT + timedelta(seconds=at), 10) for far, at in steps]
    assert told == [True, False, True, False, True, False]
