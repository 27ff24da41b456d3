"""What is decided rarely, by the same two pages: each is shown first, done once, and carried out."""

from __future__ import annotations

from pathlib import Path

import msgspec
from httpx2 import Response
from starlette.testclient import TestClient

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.web.people import Role
from tests.end_to_end.merchant import Merchant
from tests.end_to_end.telling import told
from tests.web.reviewing import send, values
from tests.web.visiting import ann, text_of, visiting


def park(merchant: Merchant) -> tuple[Delivery, ...]:
    """The vouchers of the British settlement, as they are after the ledger refused them."""
    with merchant.app() as app:
        found = tuple(app.books.meant("28500000031"))
        with app.store.unit("delivery") as unit:
            for one in found:
                sending = msgspec.structs.replace(one, state=DeliveryState.SENDING, attempts=1, reason="")
                owed = msgspec.structs.replace(one, state=DeliveryState.OWED, reason="")
                parked = msgspec.structs.replace(sending, state=DeliveryState.PARKED, reason="refused", note="no")
                for before, after in ((one, owed), (owed, sending), (sending, parked)):
                    unit.deliveries.move(before, after)
    return found


def decide(client: TestClient, kind: str, thing: str, *, most: int = 9, **typed: str) -> Response:
    """Look at what it would do, and do it; the same form once more is refused."""
    shown = client.get(f"/o/local/waits?thing={thing}").text
    preview = send(client, "/waits", do="decide", decision=kind, thing=values(shown, "thing"))
    assert preview.status_code == 200, text_of(preview.text)
    assert "Nothing is done yet" in text_of(preview.text)
    form = {"decision": kind, "thing": values(preview.text, "thing")[:most], "reason": "I looked", **typed}
    done = send(client, "/waits/decided", **form)
    again = send(client, "/waits/decided", **form)
    assert done.status_code == 200, text_of(done.text)
    assert again.status_code in {404, 409}, text_of(again.text)
    return done


def test_what_the_ledger_refused_is_retried(reviewed: Merchant) -> None:
    park(reviewed)
    with visiting(reviewed.config, ann(Role.BOOKKEEPER)) as client:
        assert "is sent once more" in text_of(decide(client, "retry", "voucher").text)
    reviewed.run("deliver")
    with reviewed.app() as app:
        stands = sorted(str(one.state) for one in app.books.meant("28500000031"))
    assert stands == ["delivered", "delivered"]


def test_what_is_in_the_ledger_already_is_adopted_by_the_id_that_a_person_read_there(reviewed: Merchant) -> None:
    park(reviewed)
    with visiting(reviewed.config, ann(Role.BOOKKEEPER)) as client:
        shown = client.get("/o/local/waits?thing=voucher").text
        preview = send(client, "/waits", do="decide", decision="adopt", thing=values(shown, "thing"))
        thing = values(preview.text, "thing")[0]
        nothing = send(client, "/waits/decided", decision="adopt", thing=thing, reason="I looked")
        assert nothing.status_code == 409
        assert "names no object of the ledger" in text_of(nothing.text)
        subject = thing.partition(" ")[0]
        done = decide(client, "adopt", "voucher", most=1, **{f"ref {subject}": "9999"})
        assert "counts as that object of the ledger, and nothing is sent" in text_of(done.text)
    with reviewed.app() as app, app.store.reading() as unit:
        assert [one.ref for one in unit.instructions.of_subject(subject)] == ["9999"]


def test_what_was_issued_again_is_followed_by_a_supplement(reviewed: Merchant) -> None:
    first = (reviewed.folder / "us.txt").read_text(encoding="utf-8")
    second = reviewed.folder / "again.txt"
    second.write_text(
        first.replace("\t-3.86\t", "\t-2.86\t", 1).replace("\t-19.35\t", "\t-20.35\t", 1), encoding="utf-8"
    )
    reviewed.run("import", "--connection", "amazon-us", str(second))
    with visiting(reviewed.config, ann(Role.BOOKKEEPER)) as client:
        done = decide(client, "supplement", "finding&reason=books.reissued")
        assert "is followed by the books with supplements" in text_of(done.text)
        assert not values(client.get("/o/local/waits?thing=finding&reason=books.reissued").text, "thing")


def test_a_refund_whose_own_answer_never_came_is_booked_alone(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.order(13, 88)
        with visiting(tmp_path / "bridge.toml", ann(Role.BOOKKEEPER)) as client:
            done = decide(client, "book_alone", "document")
            assert "is read as a free amount and booked with the next sync" in text_of(done.text)
        shop.sync()
        assert "Nothing waits" in shop.command("held")[1]


def test_what_the_channel_took_back_is_taken_back_in_the_books(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.order(13, 88)
        shop.refund(13)
        shop.order(15)
        shop.check()
        with visiting(tmp_path / "bridge.toml", ann(Role.BOOKKEEPER)) as client:
            done = decide(client, "reverse", "finding")
            assert "is taken back in the books with the next sync" in text_of(done.text)
        shop.sync()
        assert shop.reversal().state is DeliveryState.DELIVERED
