"""The engine's own file is worth nothing: where it is damaged or taken away it is made anew, and work goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from bridge.work.worker.engine import DbosEngine, Offer, engine_url

PATIENCE_SECONDS = 60


def test_an_engine_whose_file_is_damaged_or_taken_away_goes_on_with_another(tmp_path: Path) -> None:
    """At the start, and under a worker that runs."""
    file = tmp_path / "bridge-engine.db"
    file.write_bytes(b"no database " * 1000)
    engine, done = DbosEngine(engine_url(f"sqlite:///{tmp_path}/bridge.db"), 2), SimpleQueue[str]()
    engine.start(done.put)
    try:
        for number in range(2):
            engine.offer([Offer(f"local/sync/{number}", str(number))], datetime.now(UTC))
            assert done.get(timeout=PATIENCE_SECONDS) == f"local/sync/{number}"
            assert file.stat().st_mode & 0o077 == 0
            for one in tmp_path.iterdir():
                one.unlink(missing_ok=True)  # its journal comes and goes
    finally:
        engine.stop(1)
    assert done.empty()
