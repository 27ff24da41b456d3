"""``bridge organisations``: whose books there are; added, stopped, counted, taken away and erased."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.everything import write_all
from bridge.cli.output import Exit, counted, err, say, show_json, show_table
from bridge.errors import ConfigError
from bridge.host.organisations import Listed
from bridge.model.organisations import month_of

_REASON = click.option("--reason", required=True, help="Why; its people see it.")
_MONTH = click.DateTime(["%Y-%m"])


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def organisations(context: click.Context) -> int:
    """Whose books this database keeps; for whoever operates it for several.

    One is there without being added: `local`. Commands work on it, or on the one that --organisation, or the setting
    of that name, says. A worker works for all.
    """
    return 0 if context.invoked_subcommand else context.invoke(list_all)


@organisations.command("list")
@with_setup
def list_all(setup: Setup) -> int:
    """List them, and how each stands."""
    with setup.operated() as house:
        found = house.organisations.all()
    rows = [(one.organisation.name, one.organisation.title, _whose(one), str(one.routes), _state(one)) for one in found]
    show_table("", ("name", "title", "whose", "routes", "state"), rows)
    return Exit.OK


@organisations.command()
@click.argument("name")
@click.option("--title", default="", help="What people call it.")
@click.option("--own", is_flag=True, help="It is yours: who opens its books need not say why.")
@with_setup
def add(setup: Setup, name: str, title: str, *, own: bool) -> int:
    """Add an organisation. Its connections and routes come after it, by its pages or by `bridge apply`."""
    with setup.operated(is_new=True) as house:
        house.organisations.add(name, title, is_tenant=not own, actor=setup.actor)
    say(f"{name} is added. Its commands: bridge --organisation {name} ...")
    return Exit.OK


@organisations.command()
@click.argument("name")
@_REASON
@with_setup
def pause(setup: Setup, name: str, reason: str) -> int:
    """Do nothing more for NAME: nothing is read, nothing is sent, whoever asks."""
    with setup.operated() as house:
        is_new = house.organisations.pause(name, by=setup.actor, reason=reason, actor=setup.actor)
    say(f"{escape(name)} {'is paused' if is_new else 'was paused already'}.")
    return Exit.OK


@organisations.command()
@click.argument("name")
@with_setup
def resume(setup: Setup, name: str) -> int:
    """Let NAME go on; what came due meanwhile is done once."""
    with setup.operated() as house:
        is_lifted = house.organisations.resume(name, by=setup.actor, actor=setup.actor)
    say(f"{escape(name)} {'goes on' if is_lifted else 'was not paused'}.")
    return Exit.OK


@organisations.command()
@click.option("--month", type=_MONTH, help="As 2026-06; the one that runs by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def usage(setup: Setup, month: datetime | None, *, as_json: bool) -> int:
    """What a month took of each: documents that were taken in, calls to vendors, and what else they meter."""
    name = month_of(month or setup.clock.now())
    with setup.operated() as house:
        found = house.organisations.used(name)
    if as_json:
        show_json([{"organisation": whose, "month": name, "plugin": one.plugin, "what": one.what, "many": one.many}
                   for whose, one in found])  # fmt: skip
    else:
        rows = [(whose, one.plugin, one.what, f"{one.many:,}") for whose, one in found]
        show_table(name, ("organisation", "plugin", "what", "many"), rows)
    return Exit.OK


@organisations.command()
@click.argument("name")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--reason", default="their wish", show_default=True, help="Why; its people see it.")
@with_setup
def export(setup: Setup, name: str, folder: Path, reason: str) -> int:
    """Write everything that is kept of NAME into FOLDER, as files: entries, documents, vouchers, audit log, raw files.

    What lets bridge into accounts is not among it. FOLDER is made, and must not be there. Killed: delete what there is,
    and begin again.
    """
    from bridge.host.organisations import looked_in

    with setup.operated() as house:
        house.organisations.known(name)
        app = house.office(name)
        looked_in(app.store, actor=setup.actor, reason=reason, what="organisations export")
        days = (date.min, date.max)
        with app.desk.everything() as files, app.desk.export((), days) as books:
            many, size = write_all(folder, files, books.text)
    say(f"{counted(many, 'file')} of {size / 1e6:,.1f} MB written to {escape(str(folder))}")
    return Exit.OK


@organisations.command()
@click.argument("name")
@click.option("--again", "typed", default="", metavar="NAME", help="Its name once more, instead of being asked for it.")
@click.option("--reason", required=True, help="Why; your own audit log keeps it.")
@click.option("--not-told", is_flag=True, help="Where a vendor does not answer, and access is taken back by hand.")
@with_setup
def erase(setup: Setup, name: str, typed: str, reason: str, *, not_told: bool) -> int:
    """Take back what lets bridge into the accounts of NAME, then delete everything that is kept of it, for good.

    Export it first. What stays: that it was done, by whom, why, and the head of its audit log, in your own; and what
    backups hold. Killed, it goes on when it is run again.
    """
    with setup.operated() as house:
        house.organisations.known(name)
        typed = typed or click.prompt(f"Everything of {name} will be gone. Its name once more", err=True)
        if typed != name:
            raise ConfigError(
                f"organisation {name}",
                f"{typed[:80]!r} is another name, and nothing was done",
                "Type the name of what is to be erased",
                code="organisation.not_meant",
            )
        done = house.erasing.erase(
            name,
            by=setup.actor,
            reason=reason,
            actor=setup.actor,
            is_told=not not_told,
            progress=lambda words: err.print(escape(words)),
        )
    for connection, ending in done.endings:
        say(f"{escape(connection)}: access at the vendor: {ending}")
    if done.files:
        say(f"{counted(done.files, 'file')} that people had brought and nobody taken in went with it")
    say(f"{done.rows:,} rows of {escape(name)} are gone. Its audit log ended with {done.head or 'no row'}")
    return Exit.OK


def _whose(one: Listed) -> str:
    return "a tenant's" if one.organisation.is_tenant else "own"


def _state(one: Listed) -> str:
    if one.organisation.leaving_at is not None:
        return "is being erased"
    return one.paused or "works"
