"""Two syncs of the channels that are asked, an edit between them, and what is told of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.markup import escape

from bridge.app import App
from bridge.cli.demo.trading import EDITED_DAYS, FIRST_ASKED_DAYS, Calendar, edit_late
from bridge.cli.demo.world import ASKED, PATIENCE_SECONDS, US, Admin, Lane
from bridge.cli.output import counted, say, show_table
from bridge.cli.sources import show_sources
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import Document, DocumentKind
from bridge.model.money import money
from bridge.plugin.wording import object_name


def ask_twice(app: App, admin: Admin, calendar: Calendar, edited: int, actor: str) -> tuple[str, ...]:
    """Two syncs of the channels that are asked, and an edit between them; what the second did not see."""
    say(f"[bold]2. Ask[/]  {FIRST_ASKED_DAYS} days ago {US.name} lets bridge ask its channels: `bridge sync`")
    _sync(app, actor)
    rows = [(lane.route, *held_in(_documents(app, lane))) for lane in ASKED]
    show_table("", ("route", "holds", "total"), rows, right=("total",))
    before = _sent(app)
    say(f"   booked and delivered: {counted(before.total(), 'voucher')}")
    say(f"[bold]3. Ask again[/]  {EDITED_DAYS} days ago a buyer took more of order #{edited}; `bridge sync`, today")
    edit_late(admin, calendar, edited)
    calendar.go_to(0)
    _sync(app, actor)
    changes, sent = _changes(app), _sent(app) - before
    for change in changes:
        say(f"   {escape(change)}")
    for voucher in sent:
        say(f"   sent for it: {escape(voucher)}")
    say("   and is everything in? `bridge sources status`")
    say("")
    show_sources(app.desk.completeness([lane.channel for lane in ASKED]))
    return () if changes and sent else (f"nobody saw that order #{edited} was edited late",)


def _sync(app: App, actor: str) -> None:
    """As ``bridge sync`` does it. Raises: what stopped a part of it."""
    routes = [lane.route for lane in ASKED]
    for error in app.story.sync(routes, actor=actor, wait_seconds=PATIENCE_SECONDS).errors:
        raise error


def _documents(app: App, lane: Lane) -> list[Document]:
    with app.store.reading() as unit:
        connection = unit.connections.get(lane.channel)
        return [kept.document for kept in unit.documents.of_connection(connection.connection_id)]


def _changes(app: App) -> list[str]:
    """Of each document that came with another content than before, what it was and is."""
    changed = [(lane, one) for lane in ASKED for one in _documents(app, lane) if one.revision > 1]
    with app.store.reading() as unit:
        found = [
            (lane, unit.documents.revision(one.identity.document_id, one.revision - 1), one) for lane, one in changed
        ]
    return [
        f"{one.identity.kind} {one.title} ({lane.route}): {money(one.total_minor, one.currency)}, "
        f"before that {money(earlier.document.total_minor, earlier.document.currency)}"
        for lane, earlier, one in found
        if earlier is not None
    ]


def _sent(app: App) -> Counter[str]:
    """What is in the first company's ledger by now, in words."""
    with app.store.reading() as unit:
        sent = unit.deliveries.with_state(US.ledger, DeliveryState.DELIVERED)
    vouchers = [one.voucher for one in sent if one.voucher is not None]
    words = app.desk.words(US.ledger)
    return Counter(
        f"{object_name(one.type, '', words)} of {one.dated_on}, {money(one.total_minor, one.currency)}"
        for one in vouchers
    )


def held_in(documents: Sequence[Document]) -> tuple[str, str]:
    """What these are, and what their sales or their settlement come to."""
    kinds = Counter(document.identity.kind for document in documents)
    words = ", ".join(counted(count, str(kind)) for kind, count in sorted(kinds.items()))
    wanted = DocumentKind.ORDER if DocumentKind.ORDER in kinds else documents[0].identity.kind
    total = sum(document.total_minor for document in documents if document.identity.kind is wanted)
    return words, money(total, documents[0].currency)
