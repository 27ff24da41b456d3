"""Who has a seat in an organisation, for its owners: invite, change, remove."""

from __future__ import annotations

from starlette.responses import Response

from bridge.errors import ConfigError
from bridge.model.people import ROLES
from bridge.web.asked import Asked, action, page
from bridge.web.pages.sign_in import invitation_way
from bridge.web.people import Role


def people(asked: Asked, link: str = "") -> Response:
    """Everybody with a seat, and who is invited. link: of an invitation that was just made, shown once."""
    members = asked.app.members
    return asked.show("people.html", members=members.all(), invitations=members.invitations(), roles=ROLES, link=link)


def invite(asked: Asked) -> Response:
    """Make an invitation; its link is shown, for bridge sends no mail."""
    told = asked.field("name"), asked.field("email"), _role(asked)
    secret = asked.app.members.invite(*told, by=asked.actor)
    return people(asked, asked.request.app.state.front.url + invitation_way(asked.organisation, secret))


def withdraw_invitation(asked: Asked) -> Response:
    """Take an invitation back."""
    asked.app.members.withdraw(asked.field("invitation"), by=asked.actor)
    return asked.go("people")


def change_role(asked: Asked) -> Response:
    """Give somebody another role."""
    asked.app.members.change(asked.field("person"), _role(asked), by=asked.actor)
    return asked.go("people")


def remove_person(asked: Asked) -> Response:
    """Take somebody's seat away; with the next request they are out."""
    asked.app.members.remove(asked.field("person"), by=asked.actor)
    return asked.go("people")


def _role(asked: Asked) -> Role:
    told = asked.field("role")
    if told not in ROLES:
        raise ConfigError("the role", "is none", f"Choose one of {', '.join(ROLES)}", code="people.role")
    return ROLES[told]


PAGES = (
    page("/people", people, Role.OWNER),
    action("/people/invite", invite, Role.OWNER),
    action("/people/withdraw", withdraw_invitation, Role.OWNER),
    action("/people/role", change_role, Role.OWNER),
    action("/people/remove", remove_person, Role.OWNER),
)
