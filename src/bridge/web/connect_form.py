"""The form that lets bridge into a channel or ledger: what it asks, what was typed, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bridge.app import App
from bridge.errors import BridgeError, ConfigError
from bridge.host.connecting import Connecting
from bridge.model.connections import Connection, Side
from bridge.plugin import Question, Way
from bridge.web.fields import ANSWER, SETTING, Field, faults_of, of_question, of_settings, settings_of

FILES = Way(name="files", title="files that you bring here, without any key", questions=())
NAME = "name"


class ConnectForm(msgspec.Struct, frozen=True):
    """known: the connection that is let in again; None for a new one. typed: None before anything was.

    faults: by field. fault: what came of trying.
    """

    title: str
    plugin: str
    name: str
    known: Connection | None
    ways: tuple[Way, ...]
    way: Way
    questions: tuple[Question, ...]
    further: tuple[Field, ...]
    typed: Mapping[str, str] | None
    faults: Mapping[str, str] = {}
    fault: BridgeError | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is asked, as it was typed; secrets are typed anew."""
        return tuple(
            of_question(one, (self.typed or {}).get(ANSWER + one.name), self._fault(one)) for one in self.questions
        )

    @property
    def naming(self) -> Field:
        """What bridge is to call it."""
        words = "Lower-case letters, digits and hyphens; it stands in routes and reports, and stays"
        return Field(name=NAME, label="Name", help=words, value=self.name, error=self.faults.get(NAME, ""))

    def _fault(self, question: Question) -> str:
        return self.faults.get(ANSWER + question.name, "")


class Typed(msgspec.Struct, frozen=True):
    """What was typed, checked. answers: by question. further: settings that no question asks for."""

    answers: Mapping[str, str]
    further: Mapping[str, Any]


def connect_form(
    app: App, plugin: str, known: Connection | None, way: str, typed: Mapping[str, str] | None
) -> ConnectForm:
    """Raises: ConfigError for a plugin, or a way, that there is not."""
    connecting, offer = app.host.connecting, app.host.registry.offer(plugin)
    ways = ways_of(app, plugin, known)
    if not ways:
        connecting.access(plugin)  # says what lets in instead
    chosen = next((one for one in ways if one.name == way), ways[0])
    name = known.name if known else (typed or {}).get(NAME, "").strip() or _free_name(app, plugin)
    asked = (connecting.account_question(plugin),) if chosen == FILES else connecting.questions(plugin, name, chosen)
    model, without = connecting.settings_model(plugin)
    further = () if known else of_settings(model, without, typed or {}, {})
    return ConnectForm(offer.title, plugin, name, known, ways, chosen, asked, further, typed)


def checked(app: App, form: ConnectForm) -> tuple[ConnectForm, Typed]:
    """The form with what is wrong in it, if anything is, and what was typed."""
    typed, faults, answers = form.typed or {}, dict[str, str](), dict[str, str]()
    for question in form.questions:
        given = typed.get(ANSWER + question.name, "")
        try:
            answers[question.name] = app.host.connecting.checked(
                form.plugin, question, given if given.strip() or question.default is None else question.default
            )
        except ConfigError as error:
            faults[ANSWER + question.name] = error.cause
    further = settings_of(form.further, typed)
    faults |= {SETTING + name: fault for name, fault in _wrong(app.host.connecting, form, further).items()}
    faults |= _wrong_name(app, form)
    shown = tuple(msgspec.structs.replace(one, error=faults.get(one.name, "")) for one in form.further)
    return msgspec.structs.replace(form, further=shown, faults=faults), Typed(answers, further)


def ways_of(app: App, plugin: str, known: Connection | None) -> tuple[Way, ...]:
    """How bridge may be let in; a channel may also be read from files, which asks for no key."""
    offer = app.host.registry.offer(plugin)
    try:
        ways = app.host.connecting.access(plugin).ways
    except ConfigError as error:
        if error.code != "connection.no_questions":
            raise
        ways = ()
    is_channel = app.host.registry.side(offer.name) is Side.SOURCE
    return (*ways, FILES) if is_channel and known is None else ways


def _wrong(connecting: Connecting, form: ConnectForm, further: Mapping[str, Any]) -> Mapping[str, str]:
    """Settings that the plugin does not take; what only a question asks for is not looked at here."""
    model, _ = connecting.settings_model(form.plugin)
    shown = {one.name.removeprefix(SETTING) for one in form.further}
    faults = faults_of(model, further) if form.further else {}
    return {name: fault for name, fault in faults.items() if name in shown}


def _wrong_name(app: App, form: ConnectForm) -> Mapping[str, str]:
    there = next((one for one in app.desk.connections() if one.name == form.name), None)
    if there is not None and there.plugin == form.plugin:
        return {}  # it is tried for that account: whoever sends a form twice meets what the first time made
    try:
        app.declaring.check_new(form.name)
    except ConfigError as error:
        if error.code == "connection.file":
            raise
        is_odd = error.code == "config.name"
        return {NAME: "is of lower-case letters, digits and hyphens alone" if is_odd else error.cause}
    return {}


def _free_name(app: App, plugin: str) -> str:
    taken = {one.name for one in app.desk.connections()}
    plain = plugin.replace("_", "-")
    return next(name for name in (plain, *(f"{plain}-{number}" for number in range(2, 1000))) if name not in taken)
