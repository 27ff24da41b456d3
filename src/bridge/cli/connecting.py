"""``bridge connections add``: by questions to a connection that was tried, or to what is missing, and where it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from bridge.cli.apply import show_questions
from bridge.cli.asking import Asker, check_arguments, told_by
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import progress, say, show_error
from bridge.errors import BridgeError, ConfigError, InvariantError, PluginError
from bridge.host.declaration import RESERVED
from bridge.host.declarations import check_name
from bridge.host.settings_file import SettingsFile
from bridge.model.connections import Connection, Side
from bridge.model.periods import zone
from bridge.plugin import Goes, Question

if TYPE_CHECKING:  # with HTTP, which a list of connections needs none of
    from bridge.app import App
    from bridge.host.connecting import Tried

NO_ROUTE: Final = "none"
_NO_ANSWER_HELPS: Final = frozenset({"connection.in_settings", "config.sealing_keys"})


@click.command()
@click.argument("what", metavar="PLUGIN|CONNECTION")
@click.argument("name", required=False)
@click.option("--answer", "answers", multiple=True, metavar="NAME=VALUE", help="Answer a question. Not a secret.")
@click.option("--secret", "secrets", multiple=True, metavar="NAME=VARIABLE", help="Answer it from the environment.")
@click.option("--stdin", "is_piped", is_flag=True, help="Read answers from standard input: NAME=VALUE, one a line.")
@with_setup
def add(
    setup: Setup,
    what: str,
    name: str | None,
    answers: tuple[str, ...],
    secrets: tuple[str, ...],
    *,
    is_piped: bool,
) -> int:
    """Connect a channel by questions, as NAME (default: PLUGIN); or ask for a new key of CONNECTION.

    The channel is asked at once. What lets bridge in is sealed in the database; connection and route are added to
    the settings file, and applied. Nothing is saved before the channel has answered.
    """
    told = told_by(answers, secrets, setup.environment, is_piped=is_piped)
    with setup.app(is_new=True) as app:
        known = _known(app, what, name)
        plugin, name = (known.plugin, known.name) if known else (what, name or what.replace("_", "-"))
        questions = [question for way in app.host.connecting.access(plugin).ways for question in way.questions]
        check_arguments(answers, questions)
        check = partial(app.host.connecting.checked, plugin)
        asker = Asker(told, check, is_person=not is_piped and sys.stdin.isatty())
        asker.expect({*RESERVED, *(question.name for question in questions)})
        if known is not None:
            say(f"{escape(name)} is connected already, to {escape(known.account)}: only for a new key is asked.")
            return _renew(app, asker, known, setup.actor)
        file = _file(setup, name)
        tried = _tried(app, asker, plugin, name, None)
        _introduce(app, tried)
        route = _route(app, asker, tried)
        report = app.connect(tried, route, file, actor=setup.actor)
    for item in report.items:
        if item.name == name:
            say(f"{item.what} {escape(item.name)}: {item.outcome}")
    show_questions(report)
    say(f"Declared in {escape(str(file.path))}; what lets bridge in is sealed in the database.")
    if route:
        say(f"next: bridge backfill {name}")
    else:
        say(escape(f'next: a route, [routes.{name}] with source = "{name}", in the settings file, then `bridge apply`'))
    return 0


def _known(app: App, what: str, name: str | None) -> Connection | None:
    """The connection that is meant, where it is there already."""
    connections = {one.name: one for one in app.desk.connections()}
    known = connections.get(name or what)
    if known is not None and name is not None and known.plugin != what:
        raise ConfigError(
            f"connection {name}", f"is there already, of plugin {known.plugin}", "Choose another name",
            code="config.fixed",
        )  # fmt: skip
    return known


def _renew(app: App, asker: Asker, known: Connection, actor: str) -> int:
    tried = _tried(app, asker, known.plugin, known.name, known)
    _introduce(app, tried)
    app.host.connecting.seal(tried, actor)
    say(f"[green]The new key of {escape(known.name)} is sealed.[/] What it was before is forgotten.")
    return 0


def _file(setup: Setup, name: str) -> SettingsFile:
    """The settings file, which can be added to. Raises: ConfigError."""
    if setup.config_file is None:
        raise ConfigError(
            "bridge.toml", "there is no such file here", "Make one with `bridge init`", code="config.no_file"
        )
    check_name("connection", name)
    file = SettingsFile(setup.config_file)
    if file.declares("connections", name):
        raise ConfigError(
            f"connection {name}",
            f"is declared in {setup.config_file}, and not applied",
            "Run `bridge apply`, then this again",
            code="connection.declared",
        )
    file.check()
    return file


def _tried(app: App, asker: Asker, plugin: str, name: str, known: Connection | None) -> Tried:
    """Ask until the channel lets bridge in; a script is told at the first fault."""
    access = app.host.connecting.access(plugin)
    while True:
        try:
            chosen = asker.choose("way", "Way", {way.name: way.title for way in access.ways}, None)
            way = next(way for way in access.ways if way.name == chosen)
            asked = [one for one in way.questions if known is None or one.goes is Goes.SEALED]
            answers = {question.name: asker.ask(question) for question in asked}
            with progress(f"asking {name}"):
                return app.host.connecting.attempt(plugin, name, way, answers)
        except (PluginError, InvariantError):
            raise
        except BridgeError as error:
            if not asker.is_person or error.code in _NO_ANSWER_HELPS:
                raise
            show_error(error)
            asker.begin_again()


def _introduce(app: App, tried: Tried) -> None:
    """Say who answered, what is read of it and how far back, and what is missing."""
    facts, name = tried.facts, escape(tried.connection.name)
    prices = {True: ", prices with tax", False: ", prices without tax", None: ""}[facts.prices_include_tax]
    meaning = f"Its currency is {facts.currency}{prices}; its days are those of {facts.time_zone}."
    say(f"[green]{escape(facts.account)} answers.[/] {escape(meaning)}")
    if facts.grants:
        say(f"  may read: {escape(', '.join(facts.grants))}")
    reach = f"to {facts.reaches_back_to:%Y-%m-%d}" if facts.reaches_back_to else "to its first day"
    declared = app.host.registry.source(tried.connection.plugin).capabilities.streams
    streams = ", ".join(one.title for one in declared if one.is_granted(facts))
    say(f"  {name} is asked for {escape(streams)}, back {reach}")
    for what, at in facts.access_ends:
        say(f"  [yellow]ends {at:%Y-%m-%d}:[/] {escape(what)}")
    for missing in tried.lacking:
        say(f"  [yellow]missing:[/] {escape(missing)}")


def _route(app: App, asker: Asker, tried: Tried) -> Mapping[str, Any]:
    """The table of a route from the channel into a ledger; empty where none is wanted, or no ledger is there."""
    ledgers = {one.name: one.account for one in app.desk.connections() if one.side is Side.SINK}
    if not ledgers:
        say("No ledger is connected yet, so there is no route to make.")
        return {}
    default = next(iter(ledgers)) if asker.is_person else NO_ROUTE
    choices = {**ledgers, NO_ROUTE: "no route now"}
    ledger = asker.choose("ledger", "Into which ledger", choices, default)
    if ledger == NO_ROUTE:
        return {}
    modes = app.host.registry.source(tried.connection.plugin).capabilities.modes
    day = Question(name="first_day", prompt="First day that is booked", where="Such as 2026-01-01", check=_day)
    default_zone = tried.facts.time_zone if _is_zone(tried.facts.time_zone) else None
    calendar = Question(name="time_zone", prompt="Whose days", check=_zone, default=default_zone)
    return {
        "source": tried.connection.name,
        "ledger": ledger,
        "first_day": date.fromisoformat(asker.ask(day)),
        "time_zone": asker.ask(calendar),
        "mode": asker.choose("mode", "Entries", {str(mode): "" for mode in modes}, str(modes[0])),
    }


def _day(answer: str) -> str:
    try:
        return date.fromisoformat(answer.strip()).isoformat()
    except ValueError:
        raise ValueError("is no day, such as 2026-01-01") from None


def _zone(answer: str) -> str:
    if not _is_zone(answer.strip()):
        raise ValueError("is no time zone, such as America/Los_Angeles")
    return answer.strip()


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except ConfigError:
        return False
    return bool(name)
