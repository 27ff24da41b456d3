"""What waits: seen, given to somebody, decided about in bulk after a preview, once, and by whom it may be."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from bridge.app import App
from bridge.desk import Wanted
from bridge.model.connections import Connection, Side
from bridge.model.deliveries import DeliveryState
from bridge.model.vouchers import voucher_id
from bridge.web.pages.deciding import AT_ONCE
from bridge.web.people import Role
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.fakes.statements import statements
from tests.web.reviewing import HOSTILE, send, values
from tests.web.visiting import ann, text_of, visiting


def test_what_waits_is_decided_in_bulk_after_a_preview_and_twice_is_once(reviewed: Merchant) -> None:
    """From a seller's file to the ledger, by pages alone but for the delivery."""
    with visiting(reviewed.config, ann(Role.BOOKKEEPER)) as client:
        shown = client.get("/o/local/waits")
        said = text_of(shown.text)
        assert "4 things wait for a person, 170.49 GBP , 170.03 USD" in said
        assert "held gb Its route says review. Look at it in the preview , then release it" in said
        assert "blocks a payout; waits since today" in said
        assert HOSTILE not in shown.text
        assert HOSTILE in said, "as text it is shown as it is"

        vouchers = values(client.get("/o/local/waits?thing=voucher").text, "thing")
        finding = values(client.get("/o/local/waits?thing=finding&reason=drift.amount").text, "thing")
        assert (len(vouchers), len(finding)) == (2, 1)

        first = send(client, "/waits", do="decide", decision="release", thing=[vouchers[0]])
        assert "1 voucher of the same settlement would still wait" in text_of(first.text)
        preview = send(client, "/waits", do="decide", decision="release", thing=[*vouchers, *finding])
        told = text_of(preview.text)
        assert "Nothing is done yet" in told
        assert "2 things, 170.49 GBP" in told
        assert "Each of these goes into the ledger with the next delivery" in told
        assert "1 thing that it does not fit" in told
        assert "is a finding; this decision is about vouchers" in told

        form = {"decision": "release", "thing": values(preview.text, "thing")}
        assert send(client, "/waits/decided", **form).status_code == 422, "without a reason"
        done = send(client, "/waits/decided", **form, reason="looked at")
        assert done.status_code == 200
        assert "Saved: 2 things, 170.49 GBP" in text_of(done.text)
        again = send(client, "/waits/decided", **form, reason="looked at")
        assert again.status_code == 409
        assert "has changed since it was shown: release by web:Ann was said of it last" in text_of(again.text)
        assert "2 things wait for a person" in text_of(client.get("/o/local/waits").text)
        assert "Decided: release by web:Ann, with the next sync" in text_of(client.get("/o/local/waits?who=all").text)

        asked = send(client, "/waits/carried-out", route="gb")
        assert asked.headers["location"].endswith("/o/local/waits")
    with reviewed.app() as app:
        due = {card.name: card.duty.asked for card in app.desk.workers().duties}
        assert (due["sync/gb"], due["deliver/books-gb"], due["sync/us"]) == (1, 1, 0)
        told_of = [row.notes for row in app.desk.audit_rows(50) if row.actor == "web:Ann"]
    assert sum("instruction.given" in notes for notes in told_of) == 1, "both in one unit, once"
    reviewed.run("sync", "gb")
    reviewed.run("deliver")
    assert sorted(kind for kind, *_ in reviewed.everything("gb").objects) == ["JournalEntry", "Transfer"]


def test_a_thing_is_given_to_somebody_and_filtered_by_who_has_it(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann()) as client:
        vouchers = values(client.get("/o/local/waits?thing=voucher").text, "thing")
        given = send(
            client, "/waits", do="assign", matching="thing=voucher", thing=vouchers[:1], owner="Ben", note="ask Jo"
        )
        assert given.headers["location"].endswith("/o/local/waits?thing=voucher")
        send(client, "/waits", do="assign", matching="", thing=vouchers[:1], owner="Ben", note="ask Jo")
        assert values(client.get("/o/local/waits?owner=Ben").text, "thing") == vouchers[:1]
        assert "Ben ask Jo" in text_of(client.get("/o/local/waits?owner=Ben").text)
        assert len(values(client.get("/o/local/waits?owner=-").text, "thing")) == 3
        all_of_it = send(client, "/waits", do="assign", matching="thing=finding", all="1", owner="Ann", note="")
        assert all_of_it.status_code == 303
        assert len(values(client.get("/o/local/waits?owner=Ann").text, "thing")) == 2
    with reviewed.app() as app:
        told = [row.notes for row in app.desk.audit_rows(50) if '"assigned"' in row.notes]
    assert len(told) == 2, "the same word twice is kept once"
    assert "to Ben, by web:Ann: ask Jo" in told[0]


def test_what_moved_meanwhile_is_told_and_left(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann()) as client:
        vouchers = values(client.get("/o/local/waits?thing=voucher").text, "thing")
        preview = send(client, "/waits", do="decide", decision="withdraw", thing=vouchers)
        reviewed.ok("decide", vouchers[0], "release", "--reason", "I looked first", "--by", "Ben")
        done = send(
            client, "/waits/decided", decision="withdraw", thing=values(preview.text, "thing"), reason="not ours"
        )
    told = text_of(done.text)
    assert done.status_code == 200
    assert "Saved: 1 thing" in told
    assert "Not done: 1 thing" in told
    assert "release by Ben was said of it last" in told


def test_a_viewer_looks_and_decides_nothing(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann(Role.VIEWER)) as client:
        shown = client.get("/o/local/waits")
        assert "4 things wait" in text_of(shown.text)
        assert 'type="checkbox"' not in shown.text
        assert 'type="checkbox"' not in client.get("/o/local/drift/us").text
        for path in (
            "/waits",
            "/waits/foreseen",
            "/waits/decided",
            "/waits/carried-out",
            "/preview/gb/deliver",
            "/drift/us/check",
            "/drift/us/sign",
        ):
            assert send(client, path, decision="release", thing="x").status_code == 403, path


def test_a_decision_costs_the_same_beside_fifty_routes_and_shows_on_the_board_of_its_own(reviewed: Merchant) -> None:
    """Statements are counted of every form of a bookkeeper's morning; only the route that was touched is summed up."""
    with visiting(reviewed.config, ann()) as client:
        vouchers = values(client.get("/o/local/waits?thing=voucher").text, "thing")

        def statements_of(voucher: str, times: int) -> list[int]:
            shown = send(client, "/waits", do="decide", decision="withdraw", thing=[voucher])
            thing, reason = values(shown.text, "thing"), f"looked at {times}"
            forms: list[tuple[str, dict[str, object]]] = [
                ("/waits", {"do": "decide", "decision": "withdraw", "thing": [voucher]}),
                ("/waits/decided", {"decision": "withdraw", "thing": thing, "reason": reason}),
                ("/waits", {"do": "assign", "thing": [voucher], "owner": reason}),
                ("/routes/us/ask", {"what": "check"}),
                ("/connections/amazon-us/pause", {"reason": reason}),
                ("/connections/amazon-us/resume", {}),
            ]
            found = []
            for path, data in forms:
                with statements() as sent:
                    assert send(client, path, **data).status_code in {200, 303}, path
                found.append(len(sent))
            return found

        send(client, "/routes/us/ask", what="check")  # duties are planned
        alone = statements_of(vouchers[0], 1)
        with reviewed.app() as app:
            with app.store.unit("test") as unit:
                us = unit.routes.get("us")
                for number in range(49):
                    unit.connections.put(Connection(f"shop-{number}", "shopify", Side.SOURCE, f"s{number}"))
                    unit.routes.put(msgspec.structs.replace(us, name=f"r{number}", source=f"shop-{number}"))
            app.summing.of([f"r{number}" for number in range(49)], actor="test")
            send(client, "/routes/us/ask", what="check")
            before = summed_at(app)
            assert statements_of(vouchers[1], 2) == alone
            later = {name for name, at in summed_at(app).items() if at != before.get(name)}
            assert later == {route.route_id for route in app.desk.routes() if route.name == "gb"}


def summed_at(app: App) -> dict[str, datetime]:
    with app.store.reading() as unit:
        return {name: one.summary.at for name, one in unit.summaries.all().items()}


def test_all_that_fits_a_filter_is_decided_about_over_more_pages_than_one(reviewed: Merchant) -> None:
    """What is foreseen is what was asked for: of very much the first, and how much of it was left out is said."""
    with reviewed.app() as app, app.store.unit("test") as unit:
        (one, *_) = unit.deliveries.with_state("books-gb", DeliveryState.HELD)
        entry = unit.entries.get(one.entry_id).entry
        for number in range(AT_ONCE + 20):
            slot = msgspec.structs.replace(entry.slot, part=f"copy {number}")
            copy = msgspec.structs.replace(entry, slot=slot, document_id="", narration=f"copy {number}")
            name = voucher_id(copy.entry_id, 1)
            assert one.voucher is not None
            told = msgspec.structs.replace(one.voucher, voucher_id=name, entry_id=copy.entry_id, key=f"brk_{number}")
            unit.entries.add(copy)
            unit.deliveries.add(msgspec.structs.replace(one, voucher_id=name, entry_id=copy.entry_id, voucher=told))
    with visiting(reviewed.config, ann()) as client:
        shown = text_of(client.get("/o/local/waits?route=gb&thing=held").text)
        assert f"{AT_ONCE + 22} things wait for a person" in shown
        assert "Page 1 of 11" in shown
        assert f"the first {AT_ONCE} of {AT_ONCE + 22}" in shown
        last = client.get("/o/local/waits?route=gb&thing=held&page=11").text
        assert len(values(last, "thing")) == 22
        preview = send(client, "/waits", do="decide", decision="release", all="1", matching="route=gb&thing=held")
        told = text_of(preview.text)
        assert f"{AT_ONCE} things" in told
        assert "22 more were left out: decide about these first" in told
        form = {"decision": "release", "thing": values(preview.text, "thing"), "reason": "looked at"}
        assert f"Saved: {AT_ONCE} things" in text_of(send(client, "/waits/decided", **form).text)
        assert "22 things wait for a person" in text_of(client.get("/o/local/waits?route=gb&thing=held").text)


def test_a_form_of_another_session_is_refused(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann()) as client:
        assert send(client, "/waits/decided", csrf="of another", decision="release", thing="x y").status_code == 403


def test_ids_of_another_organisation_are_not_there(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann(organisation="local")) as client:
        voucher = values(client.get("/o/local/waits?thing=voucher").text, "thing")[0]
        finding = values(client.get("/o/local/waits?thing=finding").text, "thing")[0]
    with visiting(reviewed.config, ann(organisation="other")) as client:
        for path in (f"/explain/{voucher}", f"/findings/{finding}", "/drift/us", "/preview?route=us", "/signed/sgn_x"):
            assert client.get(f"/o/other{path}").status_code == 404, path
        for path, data in (
            ("/waits/foreseen", {"decision": "release", "thing": voucher}),
            ("/waits/decided", {"decision": "release", "thing": f"{voucher} x", "reason": "mine"}),
            ("/drift/us/sign", {"through": "2026-07-08", "seen": "x"}),
            ("/drift/us/check", {}),
            ("/preview/us/deliver", {}),
        ):
            answer = client.post(f"/o/other{path}", data={"csrf": "csrf-of-the-test", **data})
            assert answer.status_code in {404, 422}, path
            assert voucher not in answer.text
        assert "Nothing waits" in text_of(client.get("/o/other/waits").text)


def test_a_document_that_does_not_add_up_and_a_withdrawn_voucher_say_what_leads_on(reviewed: Merchant) -> None:
    raw = (SAMPLES / "gb_v2_dmy.txt").read_text(encoding="utf-8")
    wrong = reviewed.folder / "wrong.txt"
    wrong.write_text(raw.replace("28500000031", "28500000099").replace("\t32.76\t", "\t33.76\t"), encoding="utf-8")
    reviewed.run("import", "--connection", "amazon-gb", str(wrong))
    reviewed.ok("decide", "28500000031", "withdraw", "--reason", "twice", "--by", "Ben")
    reviewed.run("sync", "gb")
    with visiting(reviewed.config, ann()) as client:
        said = text_of(client.get("/o/local/waits?thing=document").text)
        assert "settlement 28500000099 not booked gb" in said
        assert "Bring a newer version of it from the channel" in said
        assert "settlement.unbalanced" in said
        assert "blocks a payout" in said

        shown = client.get("/o/local/waits?thing=withdrawn").text
        assert "Book it again, or accept its finding where it was entered by hand" in text_of(shown)
        preview = send(client, "/waits", do="decide", decision="book_again", thing=values(shown, "thing"))
        form = {"decision": "book_again", "thing": values(preview.text, "thing"), "reason": "once after all"}
        assert "is planned anew with the next sync" in text_of(send(client, "/waits/decided", **form).text)
    reviewed.run("sync", "gb")
    with reviewed.app() as app:
        stands = {one.voucher.type: str(one.state) for one in app.books.meant("28500000031") if one.voucher}
    assert stands == {"JournalEntry": "held", "Transfer": "withdrawn"}, "its transfer waits for a check to list it"


def test_the_board_counts_for_each_route_what_this_page_lists(reviewed: Merchant) -> None:
    """Vouchers of the one, findings of the other: one number."""
    with reviewed.app() as app:
        rows = {row.route: (row.waits, row.waiting.count) for row in app.desk.board().rows}
        listed = Counter({name: app.desk.waits(Wanted(route=name), 1).shown.total for name in rows})

    assert rows == {"gb": (listed["gb"], listed["gb"]), "us": (listed["us"], 0)}
    assert min(listed.values()) > 1
    with visiting(reviewed.config, ann()) as client:
        assert f" {listed['us']} {listed['us']} findings" in text_of(client.get("/o/local/").text)
        assert f"{listed['us']} things wait for a person" in text_of(client.get("/o/local/waits?route=us").text)
