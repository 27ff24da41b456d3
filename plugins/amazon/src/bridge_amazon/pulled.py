"""The PulledSource: a seller account that is asked for its settlement reports, each a file as a person brings it.

Beside them it is asked for what is deferred, a day at a time, and for what it tells of itself.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from bridge.clock import Clock
from bridge.errors import ConfigError, DocumentError, RateLimitedError, TransientError
from bridge.model.channel import ChannelFacts
from bridge.model.reports import Balances, Figures
from bridge.plugin import (
    AnyPage,
    Count,
    Gone,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Unknown,
    Wait,
    Want,
)
from bridge_amazon import deferred
from bridge_amazon.client import Client
from bridge_amazon.errors import InternalFailureError
from bridge_amazon.marketplaces import chosen
from bridge_amazon.operations import PARTICIPATIONS
from bridge_amazon.reports import DONE, Fetched, Made, fetched, found, listed
from bridge_amazon.settings import Region
from bridge_amazon.source import AmazonSource
from bridge_amazon.streams import DEFERRED, PAID_OUT, SETTLEMENT
from bridge_amazon.told import AmazonReports
from bridge_amazon.whose import is_of

CURRENCIES: Final = {Region.NA: "USD", Region.EU: "EUR", Region.FE: "JPY"}
_BETWEEN_BURSTS: Final = 130
"""Seconds. Whoever goes on asks before and behind where the account sells, which is allowed once in a minute alone."""
_FEW_DAYS: Final = 5
"""That Amazon fails for so many is not for their number."""


class AmazonPulled(AmazonSource):
    """One seller account that is asked. account: how the connection names it. access_ends: as far as it was set."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        *,
        account: str,
        region: Region,
        max_file_megabytes: int,
        marketplaces: tuple[str, ...] = (),
        access_ends: tuple[tuple[str, datetime], ...] = (),
    ) -> None:
        super().__init__(max_file_megabytes=max_file_megabytes, marketplaces=marketplaces)
        self._client, self._clock, self._account, self._region = client, clock, account, region
        self._most, self._ours, self._access_ends = max_file_megabytes, marketplaces, access_ends
        self._reports = AmazonReports(client, marketplaces)
        self._any = AmazonSource(max_file_megabytes=max_file_megabytes)

    def survey(self) -> ChannelFacts:
        """Where the account sells. Amazon tells nobody the seller's id, and every settlement its own currency.

        Raises: ConfigError where it sells on none of the marketplaces that the connection is for.
        """
        told = self._client.decoded(self._client.get(PARTICIPATIONS), _Participations).payload
        names = {one.marketplace.domain_name.removeprefix("www.").casefold() for one in told}
        if self._ours and names.isdisjoint(map(str.casefold, self._ours)):
            raise ConfigError(
                self._client.thing,
                f"sells on {', '.join(sorted(names)) or 'no marketplace'}, and the connection is for another account's "
                f"({', '.join(self._ours)})",
                "Set refresh_token and region to those of the connection's account, or correct its marketplaces",
                code="amazon.account",
            )
        return ChannelFacts(
            account=self._account,
            currency=CURRENCIES[self._region],
            time_zone="UTC",
            grants=tuple(sorted(names)),
            access_ends=self._access_ends,
        )

    def pull(self, want: Want) -> Iterator[AnyPage | Wait]:
        """The reports of a window, the first made first; behind them which are known, or not done yet.

        A limit that is spent is a ``Wait``: documents are told one a minute once fifteen were.
        """
        if want.stream == DEFERRED.name:
            yield from self._pull_deferred(want)
            return
        place = _Place.of(want.cursor)
        try:
            window = listed(self._client, want.since, want.until, self._clock.now())
            known = [report for report in window.reports if ("report", report.report_id) in want.known]
            for report in window.reports:
                if report.processing_status == DONE and place.is_before(report) and report not in known:
                    file = self._fetch(report)
                    place = _Place(report.created_time, report.report_id)
                    yield file.page(report, place.cursor) if self._is_ours(file) else _named([report], place, window.at)
            moving = [report for report in window.reports if report.is_moving and report not in known]
            yield msgspec.structs.replace(_named([*known, *moving], place, window.at), is_last=True)
        except RateLimitedError as error:
            yield self._wait(error, place.cursor)

    def one(self, kind: str, external_id: str) -> AnyPage | Gone | Unknown:
        """A report, or a day of what is deferred; ``Gone`` when Amazon keeps the report no longer.

        Which says nothing of its settlement.
        """
        if kind == deferred.OWNER and (day := deferred.day_of(external_id)):
            (page,) = deferred.pages_of(deferred.read_days(self._client, [day], self._clock.now(), self._ours))
            return msgspec.structs.replace(page, cursor=b"", is_last=True)
        if kind != "report":
            return Unknown(f"is asked for no {kind}")
        try:
            report = found(self._client, external_id)
            if isinstance(report, datetime):
                return Gone(report)
            if report.processing_status == DONE and report.report_type == SETTLEMENT:
                file = self._fetch(report)
                if self._is_ours(file):
                    return file.page(report, is_last=True)
            return Page(msgspec.json.encode([report]), report.created_time, is_last=True)
        except RateLimitedError:
            raise
        except (TransientError, DocumentError) as error:
            return Unknown(error.cause)

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        """Amazon lists its reports, and counts them by nothing else."""
        return Unknown("Amazon does not count reports")

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        """What each settlement paid out, or what was deferred at the end of a day, by Amazon's own word."""
        now = self._clock.now()
        if report == PAID_OUT.name:
            return self._reports.payouts(since, until, now)
        return self._reports.held_back(since, until, now, chosen(facts.grants, self._ours))

    def balances(self, facts: ChannelFacts) -> Balances:
        """What Amazon holds for the seller now."""
        return self._reports.balances()

    # What follows is pure

    def minimise(self, page: Page) -> bytes:
        """The reports that a page names, or a day: nothing of a buyer is said in any."""
        if _is_day(page.body):
            return deferred.minimised(page.body)
        return msgspec.json.encode(_reports(page.body))

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        """Reports without a document, and days; what is not done yet, or held still, is asked for again by its id."""
        if _is_day(content):
            yield from deferred.parts_of(content)
            return
        for report in _reports(content):
            yield OwnerStart("report", report.report_id, report.created_time)
            yield OwnerEnd(is_final=not report.is_moving)

    # Inside

    def _pull_deferred(self, want: Want) -> Iterator[Page | Wait]:
        """Some days at once; fewer where so many were held on them that the plan was spent before they came.

        A kill, or a limit that is spent, costs no more than these days.
        """
        began_at = place = deferred.Place.of(want.cursor)
        while days := place.next_days(want.since, want.until):
            try:
                some = deferred.read_days(self._client, days, self._clock.now(), self._ours)
            except RateLimitedError as error:
                place = place.slower() if place is began_at else place
                yield self._wait(error, place.cursor, at_least=_BETWEEN_BURSTS)
                return
            except InternalFailureError:
                if place.at_once <= _FEW_DAYS:
                    raise
                place = place.slower()
                continue
            yield from deferred.pages_of(some, place)
            place = place.behind(days[-1])
        yield Page(b"[]", self._clock.now(), place.cursor, is_last=True)

    def _wait(self, error: RateLimitedError, cursor: bytes, *, at_least: float = 0) -> Wait:
        until = self._clock.now() + timedelta(seconds=max(error.retry_after_seconds, at_least))
        return Wait(until, cursor, f"{error.thing} {error.cause}")

    def _fetch(self, report: Made) -> Fetched:
        return fetched(self._client, report, self._folder, self._most)

    def _is_ours(self, file: Fetched) -> bool:
        """What cannot be read is for the host to say so."""
        if not self._ours:
            return True
        try:
            return is_of(self._any.read_file(file), self._ours)
        except DocumentError:
            return True

    @cached_property
    def _folder(self) -> Path:
        """Where files lie while they are read; it goes with the source."""
        path = tempfile.mkdtemp(prefix="bridge-amazon-")
        weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        return Path(path)


class _Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last report that was given: by when it was made, and its id."""

    at: datetime | None = None
    id: str = ""

    @classmethod
    def of(cls, cursor: bytes) -> _Place:
        return msgspec.json.decode(cursor, type=cls) if cursor else cls()

    @property
    def cursor(self) -> bytes:
        return msgspec.json.encode(self)

    def is_before(self, report: Made) -> bool:
        return self.at is None or (self.at, self.id) < (report.created_time, report.report_id)


def _named(reports: list[Made], place: _Place, at: datetime) -> Page:
    """Reports without what stands in them: of others' marketplaces, known, or not done yet."""
    return Page(msgspec.json.encode(reports), at, place.cursor)


def _is_day(content: bytes) -> bool:
    return content[:1] == b"{"


def _reports(content: bytes) -> list[Made]:
    return msgspec.json.decode(content, type=list[Made])


class _Marketplace(msgspec.Struct, rename="camel"):
    domain_name: str = ""


class _Participation(msgspec.Struct):
    marketplace: _Marketplace


class _Participations(msgspec.Struct):
    payload: list[_Participation]
