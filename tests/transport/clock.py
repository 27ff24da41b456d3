"""A clock on which waiting takes no time."""

from datetime import UTC, datetime, timedelta


class PatientClock:
    """Stands still but for the time somebody waits; nobody really does."""

    def __init__(self) -> None:
        self.at = datetime(2026, 8, 1, 12, tzinfo=UTC)
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)
