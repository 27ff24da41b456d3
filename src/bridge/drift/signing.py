"""Signing a check: a named person's word for what it says, kept as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bridge.clock import Clock
from bridge.drift.report import Answer, Green, Report
from bridge.drift.report.pages import Signature, to_csv, to_html, to_json
from bridge.drift.review import Standing, standing
from bridge.errors import ConfigError, StaleError
from bridge.model.connections import Route
from bridge.model.reviews import SignOff, sign_off_id
from bridge.store.api import Store
from bridge.store.packing import Content


class Signing:
    """Has people sign checks, and gives back what they signed."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def sign(self, route: str, seen: str, through: date, *, by: str, reason: str, actor: str) -> SignOff:
        """Keep a route's last check as it stands, under a person's name. seen: its digest, as they had it before them.

        Twice:  the same word is kept once, also of two at once.
        Raises: StaleError ``sign.stale`` when it is another by now. ConfigError ``sign.red`` while a green is no,
                ``sign.reason`` where one is not proven and nothing is said of it, ``sign.through`` for a day that the
                check says nothing of, ``sign.unchecked`` where there was none.
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            the_route = unit.routes.get(route)
            found = standing(unit, the_route, now)
            named = sign_off_id(the_route.route_id, seen, through, by)
            signed = next((one for one in unit.reviews.sign_offs(the_route.route_id) if one.sign_off_id == named), None)
        if signed is not None:
            return signed
        if found is None:
            raise ConfigError(f"route {route}", "was not checked yet", "Check it first", code="sign.unchecked")
        _check(found, seen, through, by, reason)
        signature = Signature(by, through, now, reason)
        reports = (found.report,)
        page, data, rows = (
            Content.of(content)
            for content in (
                to_html(reports, signature).encode(),
                to_json(reports, signature),
                to_csv(reports).encode(),
            )
        )
        with self._store.unit(actor) as unit:
            latest = standing(unit, the_route, now)
            if latest is None or latest.digest != seen:
                raise _stale(route)
            head = unit.audit.head()
            signed = SignOff(
                route_id=the_route.route_id,
                route=route,
                company=found.report.company,
                through=through,
                checked_at=found.report.checked_at,
                signed_at=now,
                by=by,
                reason=reason,
                digest=seen,
                greens=tuple((green.name, green.words) for green in found.report.greens),
                accepted=len(found.report.accepted_findings),
                page=page.content_hash,
                data=data.content_hash,
                rows=rows.content_hash,
                audit_head=head.hash if head else "",
            )
            if unit.reviews.add_sign_off(signed):
                for content, kind in ((page, "html"), (data, "json"), (rows, "csv")):
                    unit.vault.put(f"{route} through {through}.{kind}", content)
            return unit.reviews.sign_off(named)

    def content(self, content_hash: str) -> Iterator[bytes]:
        """What was signed, byte for byte. Raises: ConfigError when unknown; InvariantError when it was changed."""
        with self._store.reading() as unit:
            yield from unit.vault.open(content_hash)

    def standing(self, route: Route) -> Standing | None:
        """See ``review.standing``."""
        with self._store.reading() as unit:
            return standing(unit, route, self._clock.now())


def against(report: Report) -> tuple[Green, ...]:
    """The greens that nobody may sign over."""
    return tuple(green for green in report.greens if green.answer is Answer.NO)


def unproven(report: Report) -> tuple[Green, ...]:
    """The greens of which whoever signs must say why they sign."""
    return tuple(green for green in report.greens if green.answer is Answer.NOT_PROVEN)


def last_day(report: Report) -> date:
    """Through which day a check says something: as far as all of the channel is known to be here, else its own day."""
    return min(report.coverage.through or report.until_on, report.until_on)


def _check(found: Standing, seen: str, through: date, by: str, reason: str) -> None:
    report = found.report
    if found.digest != seen:
        raise _stale(report.route)
    if not by.strip():
        raise ConfigError(f"route {report.route}", "is signed by nobody", "Say who signs", code="sign.reason")
    if red := against(report):
        names = " and ".join(green.name for green in red)
        raise ConfigError(
            f"route {report.route}",
            f"cannot be signed: {names} {'is' if len(red) == 1 else 'are'} no",
            "Put right, or accept with a reason, what each finding names, and check again",
            code="sign.red",
        )
    if (grey := unproven(report)) and not reason.strip():
        raise ConfigError(
            f"route {report.route}",
            f"has no reason, and {grey[0].name} is not proven",
            "Say why it is signed all the same",
            code="sign.reason",
        )
    if not report.since_on <= through <= last_day(report):
        raise ConfigError(
            f"route {report.route}",
            f"cannot be signed through {through}: the check speaks of {report.since_on} to {last_day(report)}",
            "Name a day of that time",
            code="sign.through",
        )


def _stale(route: str) -> StaleError:
    cause = "its check is another than the one that was shown: a newer one, or somebody accepted something"
    return StaleError(f"route {route}", cause, "Look at it again, then sign", code="sign.stale")
