"""Pure: lists of reports: parameters checked, reports chosen, cut into pages that a token leads on from."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bridge.sandbox import JsonObject
from bridge_amazon_sandbox.marketplaces import MARKETPLACES
from bridge_amazon_sandbox.refusals import invalid
from bridge_amazon_sandbox.seller import KEPT, Report, SellerSettings

_PARAMETERS: Final = frozenset(
    {"reportTypes", "processingStatuses", "marketplaceIds", "pageSize", "createdSince", "createdUntil", "nextToken"}
)
_MOST: Final = 100


class _Asked(msgspec.Struct):
    types: list[str]
    since: datetime
    until: datetime
    statuses: list[str]
    size: int = 10
    begin: int = 0


def listed(reports: Sequence[Report], query: Mapping[str, str], settings: SellerSettings, now: datetime) -> JsonObject:
    """Newest first, as Amazon lists them. Raises: RefusalError for parameters that cannot be meant.

    marketplaceIds narrow nothing: settlement reports carry all marketplaces of the account.
    """
    asked = _continued(query["nextToken"], query) if "nextToken" in query else _asked(query, now)
    asked.size = min(asked.size, settings.page)
    found = [
        one
        for one in reversed(reports)
        if one.type in asked.types
        and asked.since <= one.at <= asked.until
        and (not asked.statuses or one.status in asked.statuses)
    ]
    told: JsonObject = {"reports": [shown(one, settings) for one in found[asked.begin : asked.begin + asked.size]]}
    asked.begin += asked.size
    if asked.begin < len(found):
        told["nextToken"] = urlsafe_b64encode(msgspec.json.encode(asked)).decode()
    return told


def shown(report: Report, settings: SellerSettings) -> JsonObject:
    """A report as Amazon tells of it."""
    told: JsonObject = {
        "reportId": report.id,
        "reportType": report.type,
        "dataStartTime": text_of(report.at - timedelta(days=14)),
        "dataEndTime": text_of(report.at),
        "createdTime": text_of(report.at),
        "processingStatus": report.status,
        "processingStartTime": text_of(report.at),
        "processingEndTime": text_of(report.at),
        "marketplaceIds": [MARKETPLACES[name].id for name in settings.sells_on],
    }
    return told | ({"reportDocumentId": report.document} if report.status == "DONE" else {})


def _asked(query: Mapping[str, str], now: datetime) -> _Asked:
    if unknown := sorted(query.keys() - _PARAMETERS):
        raise invalid(f"unknown parameter {unknown[0]}")
    types = query.get("reportTypes", "").split(",")
    if not 1 <= len(types) <= 10 or not all(types):
        raise invalid("reportTypes: between 1 and 10 are needed")
    since = instant_of(query, "createdSince", now - KEPT)
    if since < now - KEPT - timedelta(minutes=1):
        raise invalid("createdSince: reports are kept for 90 days")
    size = query.get("pageSize", "10")
    if not size.isdecimal() or not 1 <= int(size) <= _MOST:
        raise invalid("pageSize: from 1 to 100")
    statuses = [one for one in query.get("processingStatuses", "").split(",") if one]
    return _Asked(types, since, instant_of(query, "createdUntil", now), statuses, int(size))


def _continued(token: str, query: Mapping[str, str]) -> _Asked:
    if len(query) > 1:
        raise invalid("nextToken: no other parameter may stand beside it")
    try:
        return msgspec.json.decode(urlsafe_b64decode(token.encode()), type=_Asked)
    except (ValueError, msgspec.DecodeError):
        raise invalid("nextToken: none that was given") from None


def instant_of(query: Mapping[str, str], name: str, usual: datetime) -> datetime:
    """An instant that was asked by. Raises: RefusalError for none."""
    try:
        found = datetime.fromisoformat(query[name]) if name in query else usual
    except ValueError:
        raise invalid(f"{name}: an instant in ISO 8601 is needed") from None
    if found.tzinfo is None:
        raise invalid(f"{name}: an instant with an offset is needed")
    return found


def text_of(at: datetime) -> str:
    """As Amazon writes instants."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
