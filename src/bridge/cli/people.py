"""``bridge people``: who has a seat in the organisation; invitations, links that sign in."""

from __future__ import annotations

from typing import Any

import click
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table
from bridge.model.people import ROLES


@click.group(cls=Group)
def people() -> None:
    """Who may use the pages of the organisation: seats, invitations, links that sign in."""


@people.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def list_(setup: Setup, *, as_json: bool) -> int:
    """List who has a seat, as what, and who is invited."""
    with setup.app() as app:
        members, invitations = app.members.all(), app.members.invitations()
    if as_json:
        told = [{"person": one.person, "role": one.seat.role.word, "by": one.seat.by} for one in members]
        show_json({"people": told, "invitations": [_plain(one) for one in invitations]})
        return Exit.OK
    rows = [
        (one.person.name, one.seat.role.word, one.person.email, f"{one.seat.since_at:%Y-%m-%d}", one.person.person_id)
        for one in members
    ]
    show_table("", ("name", "role", "e-mail", "since", "id"), rows)
    if invitations:
        invited = [(one.name, one.role.word, one.email, f"{one.until_at:%Y-%m-%d %H:%M}") for one in invitations]
        show_table("Invited", ("name", "role", "e-mail", "good until (UTC)"), invited)
    return Exit.OK


@people.command()
@click.argument("name")
@click.option("--role", type=click.Choice(list(ROLES)), default="viewer", show_default=True, help="What they may.")
@click.option("--email", default="", help="Who alone may accept, where an OpenID provider verifies addresses.")
@with_setup
def invite(setup: Setup, name: str, role: str, email: str) -> int:
    """Invite NAME to a seat: prints a link that is good once, for seven days."""
    from bridge.web.front import front_of  # with what serves pages
    from bridge.web.pages.sign_in import invitation_way

    url = front_of(setup.settings()).url
    with setup.app() as app:
        secret = app.members.invite(name, email, ROLES[role], by=setup.actor)
        say(f"{url}{invitation_way(app.settings.organisation, secret)}", is_literal=True)
    return Exit.OK


@people.command()
@click.argument("who")
@with_setup
def link(setup: Setup, who: str) -> int:
    """Print a link by which WHO (a name, e-mail or id) signs in: good once, for 15 minutes."""
    from bridge.web.front import front_of  # as above
    from bridge.web.pages.sign_in import link_way

    url = front_of(setup.settings()).url
    with setup.app() as app:
        secret = app.entrance.link(app.members.get(who).person.person_id)
    say(f"{url}{link_way(secret)}", is_literal=True)
    return Exit.OK


@people.command()
@click.argument("who")
@with_setup
def remove(setup: Setup, who: str) -> int:
    """Take the seat of WHO (a name, e-mail or id) away: with their next request they are out."""
    with setup.app() as app:
        member = app.members.get(who)
        app.members.remove(member.person.person_id, by=setup.actor)
    say(f"{escape(member.person.name)} has no seat here any more.")
    return Exit.OK


def _plain(one: Any) -> dict[str, Any]:
    return {"name": one.name, "role": one.role.word, "email": one.email, "by": one.by, "until_at": one.until_at}
