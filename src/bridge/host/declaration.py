"""pure: whether what a plugin declares of a source or sink holds together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from pydantic import BaseModel

from bridge.errors import PluginError
from bridge.model.budgets import Limit
from bridge.model.chart import CHANNEL_NUMBERS, chart_with, recommended_chart
from bridge.model.reports import BALANCES, NOTICES
from bridge.plugin import (
    Access,
    AppSettings,
    ChannelReport,
    ConnectionSettings,
    Door,
    Goes,
    Grant,
    NoticeTopic,
    Question,
    SinkCapabilities,
    SinkOffer,
    SourceCapabilities,
    SourceOffer,
    Stream,
    Way,
)

HOST_KEYS: Final = frozenset({"plugin", "account", "inbox"})
RESERVED: Final = frozenset({"way", "account", "source", "ledger", "first_day", "time_zone", "mode"})
"""Questions of the host's own."""
MOST_NOTICE_BYTES: Final = 16 * 1024 * 1024
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PREFIX = re.compile(r"[A-Z]{2,4}")
Fault = str | None


def check_offer(offer: object, kind: type[SourceOffer | SinkOffer]) -> None:
    """Raises: PluginError with the first thing declared that does not hold."""
    if type(offer) is not kind or not isinstance(offer, SourceOffer | SinkOffer):
        raise _wrong("it", f"is a {type(offer).__name__} where a {kind.__name__} is promised")
    if fault := _common(offer) or _capabilities(offer.capabilities):
        raise _wrong(f"{offer.name!r}"[:60], fault)


def _wrong(name: str, fault: str) -> PluginError:
    return PluginError(f"offer {name}", fault, "Report this to the plugin's author", code="plugin.declaration")


def _common(offer: SourceOffer | SinkOffer) -> Fault:
    texts: tuple[object, ...] = (offer.name, offer.title, offer.version)
    if not _NAME.fullmatch(str(texts[0])):
        return "its name is not lower-case letters, digits and single underscores"
    if not all(isinstance(text, str) and text for text in texts):
        return "its title or version is empty"
    optional = [part or offer.build for part in (offer.oauth, offer.limits, offer.authorization)]
    if not all(callable(part) for part in (offer.build, offer.hosts, offer.plain_hosts, *optional)):
        return "build, hosts, plain_hosts, oauth, limits or authorization cannot be called"
    if fault := _grant(offer.grant) or _door(offer.door):
        return fault
    if offer.oauth is None and (offer.grant or any(way.signs_in for way in _ways(offer.access))):
        return "it has a grant, or a way to sign in, and no oauth"
    fault = _model(offer.app_settings, AppSettings) or _model(offer.connection_settings, ConnectionSettings)
    return fault or (None if offer.access is None else _access(offer.access, offer.connection_settings))


def _grant(grant: object) -> Fault:
    return None if grant is None or isinstance(grant, Grant) else f"its grant is a {type(grant).__name__}"


def _door(door: object) -> Fault:
    if door is None:
        return None
    if not isinstance(door, Door):
        return f"its door is a {type(door).__name__}"
    if not all(map(callable, (door.signing, door.read, door.same, door.is_greeting))):
        return "signing, read, same or is_greeting of its door cannot be called"
    is_sound = 0 < door.max_bytes <= MOST_NOTICE_BYTES and door.oldest_seconds > 0 and door.types
    return None if is_sound else "its door takes no bytes, too many, none that is old enough, or no media type"


def _ways(access: object) -> Sequence[Way]:
    return access.ways if isinstance(access, Access) else ()


def _model(model: object, base: type[BaseModel]) -> Fault:
    if not isinstance(model, type) or not issubclass(model, base):
        return f"its settings are declared by no subclass of {base.__name__}"
    if model.model_config.get("extra") != "forbid":
        return f"{model.__name__} accepts unknown keys"
    if base is ConnectionSettings and (taken := HOST_KEYS & model.model_fields.keys()):
        return f"{model.__name__} uses the host's own key {min(taken)}"
    return None


def _access(access: object, settings: type[ConnectionSettings]) -> Fault:
    if not isinstance(access, Access):
        return f"its access is a {type(access).__name__}"
    names = [way.name for way in access.ways]
    if not names or len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
        return "its ways of access have no proper names, or there is none"
    for way in access.ways:
        asked = [question.name for question in way.questions]
        if len(set(asked)) < len(asked) or RESERVED & set(asked) or not all(map(_NAME.fullmatch, asked)):
            return f"questions of its way of access {way.name} have no proper names of their own"
        if fault := next(filter(None, (_question(one, settings) for one in way.questions)), None):
            return fault
    return None


def _question(question: Question, settings: type[ConnectionSettings]) -> Fault:
    if question.is_secret and question.goes is not Goes.SEALED:
        return f"the secret {question.name} that it asks for is not to be sealed"
    if question.goes is Goes.SETTING and question.name not in settings.model_fields:
        return f"{question.name}, which it asks for, is no setting of its connections"
    return None


def _capabilities(declared: object) -> Fault:
    if not isinstance(declared, SourceCapabilities | SinkCapabilities):
        return f"its capabilities are a {type(declared).__name__}"
    try:
        msgspec.convert(msgspec.to_builtins(declared), type(declared))
    except (msgspec.ValidationError, TypeError) as cause:
        return f"its capabilities do not hold: {cause}"
    fault = _source(declared) if isinstance(declared, SourceCapabilities) else _sink(declared)
    return fault or limits_fault(declared.limits)


def _source(declared: SourceCapabilities) -> Fault:
    if not declared.modes:
        return "it declares no mode"
    for own in declared.accounts:
        if own.number in recommended_chart() or own.number not in map(str, CHANNEL_NUMBERS):
            return f"its account {own.number} is no free number from {CHANNEL_NUMBERS[0]} to {CHANNEL_NUMBERS[-1]}"
        if not (own.name and own.purpose and own.account_class.is_asset):
            return f"its account {own.number} has no name, no purpose, or is no asset"
    if not {declared.clearing, declared.bank} <= chart_with(declared.accounts).keys():
        return "its clearing or bank account is no number of the chart"
    if not _PREFIX.fullmatch(declared.prefix):
        return "its prefix is not two to four capital letters"
    names = [stream.name for stream in declared.streams]
    if len(set(names)) < len(names):
        return "two of its streams have one name"
    fault = next(filter(None, map(_stream, declared.streams)), None) or _reports(declared.reports, names)
    return fault or _notices(declared.notices, names)


def _reports(reports: Sequence[ChannelReport], streams: Sequence[str]) -> Fault:
    if len({BALANCES, NOTICES, *(report.name for report in reports)}) < len(reports) + 2:
        return f"two of its reports have one name, or one is called {BALANCES} or {NOTICES}"
    for report in reports:
        if not _NAME.fullmatch(report.name) or not report.title or not report.figures or report.cadence_seconds < 1:
            return f"its report {report.name!r} has no proper name, no title, no figures, or no cadence"
        if not report.streams or not set(report.streams) <= set(streams):
            return f"its report {report.name} is compared with a stream that it does not declare"
    return None


def _notices(notices: Sequence[NoticeTopic], streams: Sequence[str]) -> Fault:
    if notices and not streams:
        return "it is to send notices, and is asked for nothing"
    if len({topic.name for topic in notices}) < len(notices):
        return "two of its notices have one name"
    if not all(topic.name and topic.next_step for topic in notices):
        return "one of its notices has no name, or no next step"
    return None


def _stream(stream: Stream) -> Fault:
    seconds = (stream.lag_seconds, stream.overlap_seconds, stream.shortest_seconds, stream.recount_days)
    if not _NAME.fullmatch(stream.name) or not stream.owners or not all(stream.owners):
        return f"its stream {stream.name!r} has no proper name, or no owners"
    if not stream.title.strip():
        return f"its stream {stream.name} has no title"
    if (
        min(seconds) < 0
        or stream.cadence_seconds < 1
        or stream.longest_seconds <= stream.overlap_seconds + stream.shortest_seconds
    ):
        return f"a time of its stream {stream.name} is too short"
    if stream.recount_days and not stream.has_census:
        return f"its stream {stream.name} is to be counted again, and has no census"
    return None


def _sink(declared: SinkCapabilities) -> Fault:
    if not declared.types:
        return "it declares no type of object"
    if declared.number_length < 0 or declared.batch_size < 1 or declared.feed_days < 0:
        return "number_length, batch_size or feed_days is too small"
    return None


def limits_fault(limits: Sequence[Limit]) -> Fault:
    """What is wrong with limits that are declared."""
    if any(limit.many < 1 or limit.seconds < 1 for limit in limits):
        return "a limit lets nothing through"
    if len({(limit.what, limit.seconds, limit.is_of_app) for limit in limits}) < len(limits):
        return "two of its limits are for the same thing and time"
    return None
