"""Lock dates: what may no longer be dated."""

from datetime import date

from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text

__all__ = ["check_open"]


def check_open(organisation: Organisation, *days: str) -> None:
    """Refuse days on or before a lock date; an adviser's connection is not bound by the period lock.

    Raises:   InvalidError with the lock date in it.
    """
    settings = organisation.settings
    day = min(days)
    if settings.end_of_year_lock_date and day <= settings.end_of_year_lock_date:
        raise InvalidError(Text.YEAR_LOCK.format(day=_spoken(settings.end_of_year_lock_date)))
    if settings.period_lock_date and day <= settings.period_lock_date and not settings.adviser:
        raise InvalidError(Text.PERIOD_LOCK.format(day=_spoken(settings.period_lock_date)))


def _spoken(day: str) -> str:
    return f"{date.fromisoformat(day):%d-%b-%Y}"
