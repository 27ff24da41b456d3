"""Signing in: by a link that is good once, by an invitation, over an OpenID provider. And out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge import log
from bridge.errors import BridgeError, Disposition
from bridge.model.people import KeptPerson
from bridge.people import Brake, Members, Provider
from bridge.people.members import Joined
from bridge.people.provider import Returned
from bridge.people.secret import kept
from bridge.web.front import address_of, own_way
from bridge.web.visit import Visit, open_action, open_page, own_action, own_page

BACK = "/sign-in/back"
_TELLING = 8
"""Characters of a secret by which attempts at one are counted together: they do not help to guess the rest."""
T = TypeVar("T")


def sign_in(visit: Visit) -> Response:
    """Where people sign in; who is signed in goes on."""
    way = own_way(visit.request.query_params.get("next", ""))
    if visit.person:
        return visit.go(way)
    return visit.show("sign_in.html", way=way, provider=_provider(visit))


def link(visit: Visit) -> Response:
    """What a link opens: it is used by the form alone, for whatever looks at mail opens links too."""
    return visit.show("link.html")


def follow_link(visit: Visit) -> Response:
    """Sign in by a link."""
    secret = visit.part("secret")
    return visit.enter(_tried(visit, secret, lambda: visit.house.entrance.follow(secret, visit.came)), "/")


def join(visit: Visit) -> Response:
    """What an invitation opens: what it is to, and how to accept."""
    invited = _tried(visit, visit.part("secret"), lambda: _members(visit).invited(visit.part("secret")))
    return visit.show("join.html", invited=invited, organisation=visit.part("organisation"), provider=_provider(visit))


def accept(visit: Visit) -> Response:
    """Accept an invitation: as who is signed in, or as somebody new where no provider says who they are."""
    if visit.person is None and _provider(visit):
        raise HTTPException(403)
    secret = visit.part("secret")
    invited = _tried(visit, secret, lambda: _members(visit).invited(secret))
    is_verified = _provider(visit) is not None
    came = None if visit.person else visit.came
    joined = _members(visit).accept(invited.invitation_id, _signed_in(visit), is_verified=is_verified, came=came)
    way = f"/o/{visit.part('organisation')}/"
    return visit.enter(joined.session, way) if joined.session else visit.go(way)


def ask_provider(visit: Visit) -> Response:
    """Send the browser to the provider; a link, not a form: nothing is done by it here."""
    provider = _provider(visit)
    if provider is None:
        raise HTTPException(404)
    starts: Brake = visit.request.app.state.starts
    starts.check(address_of(visit.request))
    starts.failed(address_of(visit.request))
    told = visit.request.query_params
    facts = {name: told.get(name, "")[:2_000] for name in ("next", "organisation")}
    facts["invitation"] = kept(told["invitation"]) if told.get("invitation") else ""  # no secret is kept as it is
    return visit.go(provider.start(visit.browser, facts))


def come_back(visit: Visit) -> Response:
    """Take back whom the provider let in: who has been here before, or is invited."""
    provider = _provider(visit)
    if provider is None:
        raise HTTPException(404)
    told = visit.request.query_params
    state, code = told.get("state", ""), told.get("code", "")
    came = _tried(visit, state, lambda: provider.finish(visit.browser, state, code))
    if came.facts["invitation"]:
        joined = _tried(visit, came.facts["invitation"], lambda: _joined(visit, came))
        return visit.enter(joined.session, f"/o/{came.facts['organisation']}/")
    known = visit.house.entrance.known(came.identity.subject)
    if known is None:
        return visit.show("not_invited.html", status=403, identity=came.identity)
    session = visit.house.entrance.begin(known.person_id, visit.came)
    return visit.enter(session, own_way(came.facts["next"]))


def sign_out(visit: Visit) -> Response:
    """End this session; with ``session`` that one, with ``all`` every one."""
    assert visit.person is not None
    which, entrance = visit.field("session"), visit.house.entrance
    if which == "all":
        entrance.leave_everywhere(visit.person.person_id)
    else:
        entrance.leave(visit.person.person_id, which or visit.person.session_id)
    if which not in ("", "all", visit.person.session_id):
        return visit.go("/me")
    response = visit.go("/sign-in")
    visit.front.forget(response)
    return response


def me(visit: Visit) -> Response:
    """Where somebody is signed in."""
    assert visit.person is not None
    return visit.show("me.html", sessions=visit.house.entrance.sessions(visit.person.person_id))


def invitation_way(organisation: str, secret: str) -> str:
    """Where an invitation is accepted."""
    return f"/join/{organisation}/{secret}"


def link_way(secret: str) -> str:
    """Where a link signs in."""
    return f"/sign-in/link/{secret}"


def _tried(visit: Visit, secret: str, do: Callable[[], T]) -> T:
    """What came of a secret that somebody brought; failures are counted by address and by secret."""
    brake: Brake = visit.request.app.state.brake
    whom = address_of(visit.request), f"secret {secret[:_TELLING]}"
    brake.check(*whom)
    try:
        return do()
    except BridgeError as error:
        if error.disposition is not Disposition.RETRY:
            brake.failed(*whom)
            log.get("people").warning("sign-in failed", code=error.code, address=whom[0])
        raise


def _members(visit: Visit, organisation: str = "") -> Members:
    return visit.house.office(organisation or visit.part("organisation")).members


def _provider(visit: Visit) -> Provider | None:
    provider: Provider | None = visit.request.app.state.provider
    return provider


def _signed_in(visit: Visit) -> KeptPerson | None:
    return visit.house.entrance.person(visit.person.person_id) if visit.person else None


def _joined(visit: Visit, came: Returned) -> Joined:
    members = _members(visit, came.facts["organisation"])
    return members.accept(came.facts["invitation"], came.identity, is_verified=True, came=visit.came)


PAGES = (
    open_page("/sign-in", sign_in),
    open_page("/sign-in/link/{secret}", link),
    open_action("/sign-in/link/{secret}", follow_link),
    open_page("/sign-in/provider", ask_provider),
    open_page(BACK, come_back),
    open_page("/join/{organisation}/{secret}", join),
    open_action("/join/{organisation}/{secret}", accept),
    own_page("/me", me),
    own_action("/sign-out", sign_out),
)
