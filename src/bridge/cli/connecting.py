"""``bridge connections add``: by questions, or a sign-in, to a connection that was tried; or to what is missing."""

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
from bridge.cli.remarks import say_remarks
from bridge.cli.signing_in import check_pasting, chooser, signed_in
from bridge.desk import FIRST_DAY, calendar
from bridge.errors import BridgeError, ConfigError, InvariantError, PluginError
from bridge.host.declaration import RESERVED
from bridge.model.channel import ChannelFacts
from bridge.model.connections import Connection, Side
from bridge.model.facts import LedgerFacts
from bridge.plugin import Way

if TYPE_CHECKING:  # with HTTP, which a list of connections needs none of
    from bridge.app import App
    from bridge.host.connecting import Tried

NO_ROUTE: Final = "none"
_NO_ANSWER_HELPS: Final = frozenset({"connection.in_settings", "config.sealing_keys", "config.redirect_uri"})


@click.command()
@click.argument("what", metavar="PLUGIN|CONNECTION")
@click.argument("name", required=False)
@click.option("--answer", "answers", multiple=True, metavar="NAME=VALUE", help="Answer a question. Not a secret.")
@click.option("--secret", "secrets", multiple=True, metavar="NAME=VARIABLE", help="Answer it from the environment.")
@click.option("--stdin", "is_piped", is_flag=True, help="Read answers from standard input: NAME=VALUE, one a line.")
@click.option("--paste", is_flag=True, help="Paste the address you were sent back to, where you sign in.")
@with_setup
def add(
    setup: Setup,
    what: str,
    name: str | None,
    answers: tuple[str, ...],
    secrets: tuple[str, ...],
    *,
    is_piped: bool,
    paste: bool,
) -> int:
    """Connect a channel or ledger, as NAME (default: PLUGIN); or ask for a new key of CONNECTION.

    It is asked at once who it is. What lets bridge in is sealed in the database; connection and route are added to
    the settings file, and applied. Nothing is saved before it has answered.
    """
    check_pasting(is_pasted=paste, is_piped=is_piped)
    told = told_by(answers, secrets, setup.environment, is_piped=is_piped)
    with setup.app(is_new=True) as app:
        known = _known(app, what, name)
        plugin, name = (known.plugin, known.name) if known else (what, name or what.replace("_", "-"))
        questions = [question for way in app.host.connecting.access(plugin).ways for question in way.questions]
        check_arguments(answers, questions)
        check = partial(app.host.connecting.checked, plugin)
        asker = Asker(told, check, is_person=not is_piped and sys.stdin.isatty())
        asker.expect({*RESERVED, *(question.name for question in questions)})
        trial = _Trial(setup, app, asker, plugin, name, known, is_pasted=paste)
        if known is not None:
            held = f"connected already, to {escape(known.account)}" if known.account else "declared already"
            say(f"{escape(name)} is {held}: only for what lets bridge in is asked.")
            return _renew(trial)
        _check_file(app, name)
        tried = trial.tried()
        _introduce(app, tried)
        route = _route(app, asker, tried)
        report = app.declaring.connect(tried, route, setup.actor)
        if tried.connection.side is Side.SINK:
            say_remarks(app.desk.known_remarks(name))
    for item in report.items:
        if item.name in {name, route.get("source")}:
            say(f"{item.what} {escape(item.name)}: {item.outcome}")
    show_questions(report)
    say(f"Declared in {escape(str(setup.config_file))}; what lets bridge in is sealed in the database.")
    say(escape(f"next: {_next(tried.connection, route)}"))
    return 0


def _next(connection: Connection, route: Mapping[str, Any]) -> str:
    if route:
        return f"bridge backfill {route['source']}"
    end = "source" if connection.side is Side.SOURCE else "ledger"
    return f'a route, [routes.NAME] with {end} = "{connection.name}", in the settings file, then `bridge apply`'


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


def _renew(trial: _Trial) -> int:
    tried = trial.tried()
    _introduce(trial.app, tried)
    trial.app.declaring.renew(tried, trial.setup.actor)
    say(f"[green]The new key of {escape(trial.name)} is sealed.[/] What it was before is forgotten.")
    if isinstance(tried.facts, LedgerFacts):
        say_remarks(trial.app.desk.known_remarks(trial.name))
    return 0


def _check_file(app: App, name: str) -> None:
    """Whether the connection may be added. Raises: ConfigError."""
    if app.declaring.file is None:
        raise ConfigError(
            "bridge.toml", "there is no such file here", "Make one with `bridge init`", code="config.no_file"
        )
    app.declaring.check_new(name)


class _Trial:
    """Asks until the channel or ledger lets bridge in; a script is told at the first fault."""

    def __init__(
        self,
        setup: Setup,
        app: App,
        asker: Asker,
        plugin: str,
        name: str,
        known: Connection | None,
        *,
        is_pasted: bool,
    ) -> None:
        self.setup, self.app, self._asker, self._is_pasted = setup, app, asker, is_pasted
        self._plugin, self.name, self._known = plugin, name, known

    def tried(self) -> Tried:
        ways = {way.name: way for way in self.app.host.connecting.access(self._plugin).ways}
        while True:
            try:
                chosen = self._asker.choose("way", "Way", {name: way.title for name, way in ways.items()}, None)
                return self._once(ways[chosen])
            except (PluginError, InvariantError):
                raise
            except BridgeError as error:
                if not self._asker.is_person or error.code in _NO_ANSWER_HELPS:
                    raise
                show_error(error)
                self._asker.begin_again()

    def _once(self, way: Way) -> Tried:
        connecting = self.app.host.connecting
        questions = connecting.questions(self._plugin, self.name, way)
        answers = {question.name: self._asker.ask(question) for question in questions}
        if not way.signs_in:
            with progress(f"asking {self.name}"):
                return connecting.attempt(self._plugin, self.name, way, answers)
        started = connecting.start(self._plugin, self.name, way, answers, self.setup.actor)
        address = signed_in(self.setup, self.app, started, is_pasted=self._is_pasted)
        with progress(f"asking {self.name}"):
            return connecting.arrive(started, address, chooser(self._asker))


def _introduce(app: App, tried: Tried) -> None:
    """Say who answered, what is read of it and how far back, and what is missing."""
    facts, name = tried.facts, escape(tried.connection.name)
    if isinstance(facts, LedgerFacts):
        say(f"[green]{escape(facts.company)} answers.[/] {escape(tried.connection.account)}")
        return
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
    """The table of a route between what is new and what is there; empty where none is wanted, or nothing is there."""
    side = tried.connection.side
    if side is Side.SOURCE:
        end, prompt, nobody = "ledger", "Into which ledger", "No ledger is connected yet"
    else:
        end, prompt, nobody = "source", "From which channel", "No channel is connected that no route reads"
    others = {one.name: one.account for one in app.desk.partners(side)}
    if not others:
        say(f"{nobody}, so there is no route to make.")
        return {}
    default = next(iter(others)) if asker.is_person else NO_ROUTE
    other = asker.choose(end, prompt, {**others, NO_ROUTE: "no route now"}, default)
    if other == NO_ROUTE:
        return {}
    ends = (tried.connection.name, other) if side is Side.SOURCE else (other, tried.connection.name)
    return {"source": ends[0], "ledger": ends[1], **_terms(app, asker, ends[0], tried)}


def _terms(app: App, asker: Asker, channel: str, tried: Tried) -> Mapping[str, Any]:
    """From which day on, by whose days and how a route from a channel books."""
    plugins = {one.name: one.plugin for one in app.desk.connections()}
    modes = app.host.registry.source(plugins.get(channel, tried.connection.plugin)).capabilities.modes
    told = tried.facts.time_zone if isinstance(tried.facts, ChannelFacts) else ""
    return {
        "first_day": date.fromisoformat(asker.ask(FIRST_DAY)),
        "time_zone": asker.ask(calendar(told)),
        "mode": asker.choose("mode", "Entries", {str(mode): "" for mode in modes}, str(modes[0])),
        "pilot": True,
    }
