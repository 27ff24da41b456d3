"""Connecting a channel or a ledger: which, by what it asks, and a sign-in or a key that is tried before it is kept.

Every step ends in something that stands by itself: who goes back, sends twice or comes again tomorrow harms nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import BridgeError, ConfigError
from bridge.host.connecting import Tried
from bridge.host.signing_in import Choice
from bridge.model.connections import Connection, Side
from bridge.web.asked import Asked, action, coming_back, page
from bridge.web.connect_form import FILES, ConnectForm, Typed, checked, connect_form
from bridge.web.people import Role

CALL_BACKS = ("/oauth/callback", "/callback")
"""Where browsers come back to; the second is what ``redirect_uri`` names where nobody set it."""


def choose_plugin(asked: Asked) -> Response:
    """What can be connected."""
    registry = asked.app.host.registry
    offers = sorted((registry.offer(name) for name in registry.names), key=lambda offer: offer.title)
    channels, ledgers = ([one for one in offers if registry.side(one.name) is side] for side in Side)
    return asked.show("connect.html", channels=channels, ledgers=ledgers)


def connecting(asked: Asked) -> Response:
    """What is asked to connect it."""
    return _show(asked, connect_form(asked.app, asked.part("plugin"), None, asked.query.get("way", ""), None))


def connect(asked: Asked) -> Response:
    """Try what was typed, or go to the vendor. Twice: the second time finds the same account, and goes to it."""
    form = connect_form(asked.app, asked.part("plugin"), None, asked.field("way"), asked.typed)
    return _tried(asked, form)


def renewing(asked: Asked) -> Response:
    """What lets bridge into a connection that is there."""
    known = _known(asked)
    return _show(asked, connect_form(asked.app, known.plugin, known, asked.query.get("way", ""), None))


def renew(asked: Asked) -> Response:
    """The same, tried."""
    known = _known(asked)
    return _tried(asked, connect_form(asked.app, known.plugin, known, asked.field("way"), asked.typed))


def come_from_vendor(asked: Asked) -> Response:
    """A browser comes back from a vendor. Its address holds what is good once; it leads on to one that does not."""
    try:
        brought = asked.app.host.signing_in.arrive(str(asked.request.url), browser=asked.browser, actor=asked.actor)
        if isinstance(brought, Choice):
            return asked.go("choosing_account", token=brought.token)
        return _settled(asked, brought)
    except BridgeError as error:
        return asked.show("sign_in_failed.html", status=409, error=error)


def choosing_account(asked: Asked) -> Response:
    """A sign-in that lets bridge into several accounts: which one is meant."""
    choice = asked.app.host.signing_in.choice(asked.part("token"), browser=asked.browser)
    return asked.show("connect_account.html", choice=choice)


def choose_account(asked: Asked) -> Response:
    """The one that was chosen."""
    tried = asked.app.host.signing_in.choose(
        asked.part("token"), asked.field("account"), browser=asked.browser, actor=asked.actor
    )
    return _settled(asked, tried)


def _tried(asked: Asked, form: ConnectForm) -> Response:
    form, typed = checked(asked.app, form)
    if form.faults:
        return _show(asked, form)
    try:
        if form.way == FILES:
            return _by_files(asked, form, typed)
        if form.way.signs_in:
            return _to_the_vendor(asked, form, typed)
        attempt = asked.app.host.connecting.attempt
        return _settled(asked, attempt(form.plugin, form.name, form.way, typed.answers, typed.further))
    except BridgeError as error:
        return _show(asked, msgspec.structs.replace(form, fault=error))


def _to_the_vendor(asked: Asked, form: ConnectForm, typed: Typed) -> Response:
    registered = asked.app.settings.redirect_uri
    if urlsplit(registered).path not in CALL_BACKS:
        raise ConfigError(
            f"redirect_uri {registered}",
            "does not lead back to these pages",
            f"Set it in [bridge] to this site's address with {CALL_BACKS[0]}, and register that with the vendor",
            code="config.redirect_uri",
        )
    url = asked.app.host.signing_in.begin(
        form.plugin,
        form.name,
        form.way,
        typed.answers,
        typed.further,
        place=f"{asked.organisation}.",
        browser=asked.browser,
        actor=asked.actor,
    )
    return asked.show("to_vendor.html", title=form.title, url=url)


def _by_files(asked: Asked, form: ConnectForm, typed: Typed) -> Response:
    """Nobody can be asked: what is declared is held against the files, when these come."""
    (account,) = typed.answers.values()
    there = {(one.name, one.account) for one in asked.app.desk.connections()}
    if (form.name, account) not in there:
        asked.app.declaring.check_new(form.name)
        table = {"plugin": form.plugin, "account": account, **typed.further}
        asked.app.declaring.declare({("connections", form.name): table}, asked.actor)
    return asked.go("connection", name=form.name)


def _settled(asked: Asked, tried: Tried) -> Response:
    asked.touches(tried.connection.name)
    asked.app.declaring.settle(tried, asked.actor)
    return asked.go("check_connection", name=tried.connection.name)


def _show(asked: Asked, form: ConnectForm) -> Response:
    status = 422 if form.faults or form.fault else 200
    return asked.show("connect_form.html", status=status, form=form, is_by_files=form.way == FILES)


def _known(asked: Asked) -> Connection:
    with asked.app.store.reading() as unit:
        return unit.connections.get(asked.part("name"))


def _whose(request: Request) -> str:
    """The organisation whose sign-in it is: its state begins with the name."""
    return request.query_params.get("state", "").partition(".")[0]


PAGES = (
    page("/connect", choose_plugin, Role.OWNER),
    page("/connect/{plugin}", connecting, Role.OWNER),
    action("/connect/{plugin}", connect, Role.OWNER),
    page("/connect-account/{token}", choosing_account, Role.OWNER),
    action("/connect-account/{token}", choose_account, Role.OWNER),
    page("/connections/{name}/key", renewing, Role.OWNER),
    action("/connections/{name}/key", renew, Role.OWNER),
    *(coming_back(path, come_from_vendor, Role.OWNER, _whose) for path in CALL_BACKS),
)
