"""Doors: what vendors send is proven, kept, answered, and becomes work that is due; and what else comes does not."""

from __future__ import annotations

import gzip
import io
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from bridge import log
from bridge.app import House
from bridge.errors import InvariantError, TransientError
from bridge.model.duties import DutyKind
from bridge.model.findings import FindingState
from bridge.model.notices import Says
from bridge.plugin import signature
from bridge.web.doors import Doors
from bridge.web.site import site
from tests.end_to_end.merchant import plugins
from tests.fakes.stores import put_migrated
from tests.web.street import JSON, TENANT, Street, shopify_headers, street, tomorrow


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Street]:
    put_migrated(tmp_path / "bridge.db")
    with street(f"sqlite:///{tmp_path / 'bridge.db'}", tmp_path) as found:
        yield found


def quickbooks(*realms: str, at: str = "2026-07-01T11:59:00Z", of: str = "e") -> bytes:
    """CloudEvents, one of each company."""
    return json.dumps(
        [
            {
                "specversion": "1.0",
                "id": f"{of}-{realm}",
                "source": "intuit.x",
                "type": "qbo.invoice.updated.v1",
                "time": at,
                "intuitentityid": "7",
                "intuitaccountid": realm,
            }
            for realm in realms
        ]
    ).encode()


def from_quickbooks(place: Street, body: bytes) -> int:
    types = {"content-type": "application/cloudevents-batch+json"}
    return place.post("/notices/quickbooks", body, {**types, "intuit-signature": signature("qb-hush", body)})


def test_a_notice_of_either_address_is_kept_and_has_one_sync_come_due_however_many_there_were(
    own_url: str, tmp_path: Path
) -> None:
    """F12: on both databases; of what was sent nothing else is kept."""
    with street(own_url, tmp_path) as place:
        told = {"id": 7, "email": "ann.buyer@example.com"}
        assert [place.shopify("orders/updated", {**told, "note": str(number)}) for number in range(5)] == [200] * 5
        body = b'{"id":107,"status":"processing"}'
        headers = {**JSON, "x-wc-webhook-resource": "order", "X-WC-Webhook-Signature": signature("woo-hush", body)}
        assert place.post("/notices/local/woo", body, headers) == 200
        assert place.shopify("orders/updated", {"id": 9}, shop="beta") == 200
        assert "ann.buyer" not in str(place.kept())
        assert place.work() == 7

        assert place.kept() == ()
        assert place.inquiries("acme") == [("order", "7")]
        assert place.inquiries("woo") == [("order", "107")]
        assert place.inquiries("beta", "other") == [("order", "9")]
        for subject, organisation in (("acme", "local"), ("woo", "local"), ("beta", "other")):
            assert place.due(DutyKind.SYNC, subject, organisation) == place.clock.now()
        assert place.work() == 0


def test_what_comes_again_is_answered_and_kept_once(place: Street) -> None:
    """Also under other headers, which nobody signs; and after a worker came to the first."""
    body = b'{"id": 7}'
    first = shopify_headers("orders/updated", body)
    assert place.post("/notices/shopify", body, {**first, "x-shopify-event-id": "1"}) == 200
    assert place.post("/notices/shopify", body, {**first, "x-shopify-event-id": "2"}) == 200
    assert place.work() == 1
    assert place.post("/notices/shopify", body, first) == 200
    assert place.kept() == ()

    assert from_quickbooks(place, quickbooks("1001", "1002")) == 200
    assert from_quickbooks(place, quickbooks("1002", "1001")) == 200, "packed otherwise when it is sent again"
    assert len(place.kept()) == 2


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/notices/shopify", {}),
        ("/notices/shopify", {"x-shopify-hmac-sha256": ""}),
        ("/notices/shopify", {"x-shopify-hmac-sha256": "app-hush"}),
        ("/notices/shopify", {"x-shopify-hmac-sha256": signature("guess", b'{"id": 7}')}),
        ("/notices/shopify", {"x-shopify-hmac-sha256": signature("app-hush", b'{"id":7}')}),
        ("/notices/shopify", {"x-shopify-hmac-sha256": signature("", b'{"id": 7}')}),
        ("/notices/shopify", {"x-shopify-hmac-sha256": "Ω"}),
        ("/notices/local/acme", {"x-shopify-hmac-sha256": signature("woo-hush", b'{"id": 7}')}),
        ("/notices/woocommerce", {"x-wc-webhook-signature": signature("", b'{"id": 7}')}),
        ("/notices/other/woo", {"x-wc-webhook-signature": signature("woo-hush", b'{"id": 7}')}),
        ("/notices/local/nobody", {"x-wc-webhook-signature": signature("woo-hush", b'{"id": 7}')}),
        ("/notices/nowhere/woo", {"x-wc-webhook-signature": signature("woo-hush", b'{"id": 7}')}),
        ("/notices/nobody", {}),
        ("/notices/amazon", {"x-bridge-key": "guess"}),
    ],
)
def test_what_nobody_signed_is_refused_and_tells_nobody_what_there_is(
    place: Street, path: str, headers: dict[str, str]
) -> None:
    raw = {name: value.encode() for name, value in {**JSON, "x-shopify-topic": "orders/updated", **headers}.items()}
    answer = place.client.post(path, content=b'{"id": 7}', headers=raw)  # type: ignore[arg-type]

    assert (answer.status_code, answer.content, place.kept()) == (401, b"", ())


def test_both_secrets_prove_a_notice_while_one_takes_the_others_place(place: Street) -> None:
    assert place.shopify("orders/updated", {"id": 7}, secret="app-hush-before") == 200
    assert place.shopify("orders/updated", {"id": 8}) == 200
    assert len(place.kept()) == 2


def test_one_delivery_may_be_of_several_companies_and_each_gets_its_own(place: Street) -> None:
    assert from_quickbooks(place, quickbooks("1001", "1002", "666")) == 200

    assert {notice.account for notice in place.kept()} == {"1001", "1002", "666"}
    assert place.work() == 3, "of a company that nobody has nothing comes"
    former = {
        "eventNotifications": [
            {
                "realmId": "1001",
                "dataChangeEvent": {"entities": [{"name": "Invoice", "id": "8", "operation": "Update"}]},
            }
        ]
    }
    assert from_quickbooks(place, json.dumps(former).encode()) == 200
    assert [(one.account, one.kind, one.external_id) for one in place.kept()] == [("1001", "invoice", "8")]


def test_what_was_sent_too_long_ago_is_dropped_and_answered(place: Street) -> None:
    """A repeat is taken while its vendor still sends it; a replay after that is not."""
    for days, many in ((6, 1), (8, 0)):
        at = (place.clock.now() - timedelta(days=days)).isoformat()
        assert from_quickbooks(place, quickbooks("1001", at=at, of=str(days))) == 200
        assert len(place.kept()) == many
        place.work()
    body = b'{"id": 7}'
    headers = {**shopify_headers("orders/updated", body), "x-shopify-triggered-at": "2026-06-20T12:00:00Z"}
    assert place.post("/notices/shopify", body, headers) == 200
    assert place.kept() == ()


def test_intent_to_receive_is_shown_to_xero(place: Street) -> None:
    body = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
    for secret, answer in (("xero-hush", 200), ("wrong", 401), ("xero-hush", 200), ("wrong", 401)):
        assert place.post("/notices/xero", body, {**JSON, "x-xero-signature": signature(secret, body)}) == answer
    event = {
        "resourceUrl": "https://api.xero.com/x",
        "resourceId": "inv-7",
        "tenantId": TENANT,
        "tenantType": "ORGANISATION",
        "eventCategory": "INVOICE",
        "eventType": "UPDATE",
        "eventDateUtc": "2026-07-01T11:59:00.000",
    }
    body = json.dumps({"events": [event]}).encode()
    assert place.post("/notices/xero", body, {**JSON, "x-xero-signature": signature("xero-hush", body)}) == 200
    assert [(one.account, one.external_id) for one in place.kept()] == [(TENANT, "inv-7")]


def test_a_shop_that_asks_if_anybody_is_there_is_answered_and_nothing_comes_of_it(place: Street) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert place.post("/notices/local/woo", b"webhook_id=84", form) == 200
    assert place.post("/notices/local/woo", b"webhook_id=84&id=7", form) == 401
    assert place.kept() == ()


def test_an_event_bus_of_the_operator_hands_notices_on_with_a_key(place: Street) -> None:
    finished = {"reportId": "54", "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", "sellerId": "A1"}
    detail = {
        "notificationType": "REPORT_PROCESSING_FINISHED",
        "payload": {"reportProcessingFinishedNotification": finished},
    }
    body = json.dumps({"id": "e-1", "time": "2026-07-01T11:00:00Z", "detail": detail}).encode()
    assert place.post("/notices/amazon", body, {**JSON, "X-Bridge-Key": "bus-hush"}) == 200
    assert [(one.account, one.kind, one.external_id) for one in place.kept()] == [("A1", "report", "54")]


def test_the_site_takes_notices_under_their_own_address_and_gives_vendors_no_cookie(place: Street) -> None:
    settings = place.house.settings.model_copy(update={"notices_url": "https://hooks.example/in"})
    house = House(place.house.store("local"), settings, place.clock, plugins())  # type: ignore[arg-type]
    doors = Doors(house)
    body = b'{"id": 7}'
    with TestClient(site(house, doors=doors.routes), base_url="https://hooks.example") as client:
        answer = client.post("/in/shopify", content=body, headers=shopify_headers("orders/updated", body))
        assert (answer.status_code, answer.content, "set-cookie" in answer.headers) == (200, b"", False)
        assert client.get("/ready", headers={"host": "127.0.0.1:8730"}).status_code == 200
        assert client.get("/ready", headers={"host": "evil.example"}).status_code == 400
    doors.close()
    house.inbox.close()


class TestHostile:
    """What is no notice at all costs little, and is kept by nobody."""

    def test_too_large_a_body_is_not_read(self, place: Street) -> None:
        assert place.shopify("orders/updated", {"id": 7, "note": "x" * 6_000_000}) == 413

        def endless() -> Iterator[bytes]:
            for _ in range(10_000):
                yield b"x" * 65_536

        answer = place.client.post("/notices/shopify", content=endless(), headers=JSON)
        assert answer.status_code == 413
        for told, status in (("-1", 400), ("9" * 400, 413), ("1e3", 400), ("²", 400)):
            headers = {**JSON, "content-length": told.encode()}
            assert place.client.post("/notices/shopify", content=b"{}", headers=headers).status_code == status  # type: ignore[arg-type]

    def test_a_packed_body_is_never_unpacked(self, place: Street) -> None:
        bomb = gzip.compress(b" " * 50_000_000)
        headers = {**shopify_headers("orders/updated", bomb), "content-encoding": "gzip"}
        assert place.post("/notices/shopify", bomb, headers) == 415

    @pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "", "application/xml"])
    def test_another_type_of_content_is_refused(self, place: Street, kind: str) -> None:
        body = b'{"id": 7}'
        assert place.post("/notices/shopify", body, {**shopify_headers("x", body), "content-type": kind}) == 415

    @pytest.mark.parametrize(
        "told",
        [b"", b"\xff", b"null", b"[" * 200_000, b'{"id": {"id": 7}}', b'{"id": "\\ud800"}', b'{"id": "7\\u0000"}'],
    )
    def test_what_is_signed_and_makes_no_sense_is_answered_and_not_kept(self, place: Street, told: bytes) -> None:
        assert place.post("/notices/shopify", told, shopify_headers("orders/updated", told)) == 200
        assert from_quickbooks(place, told) == 200
        assert place.kept() == ()

    def test_ids_that_no_database_takes_are_refused(self, place: Street) -> None:
        for odd in ("7\\u0000", "\\ud800", "x" * 201):
            body = quickbooks("1001").replace(b'"7"', f'"{odd}"'.encode())
            assert from_quickbooks(place, body) in (200, 500)
        assert place.kept() == ()

    def test_nothing_else_than_post_is_answered(self, place: Street) -> None:
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            assert place.client.request(method, "/notices/shopify").status_code == 405


class TestEnding:
    """What the owner of an account says at the vendor."""

    def test_a_shop_that_removed_the_app_is_neither_read_nor_asked_any_more(self, place: Street) -> None:
        """F58: the same state as of a sign-in that is dead; another shop's goes on."""
        assert place.shopify("app/uninstalled", {"id": 1, "myshopify_domain": "acme.myshopify.com"}) == 200
        place.work()

        assert (place.state("acme"), place.state("beta", "other")) == ("unauthorized", "active")
        with place.house.store("local").reading() as unit:
            assert "took bridge's access away" in unit.connections.get("acme").why
            assert "connection.state" in str([row.notes for row in unit.audit.rows()])

    def test_headers_alone_end_nothing(self, place: Street) -> None:
        """A captured notice of one shop, sent again as if another had removed the app: headers are not signed."""
        body = b'{"id": 7}'
        assert place.post("/notices/shopify", body, shopify_headers("app/uninstalled", body, shop="beta")) == 200
        removed = json.dumps({"id": 1, "myshopify_domain": "acme.myshopify.com"}).encode()
        assert place.post("/notices/shopify", removed, shopify_headers("app/uninstalled", removed, shop="beta")) == 200
        place.work()
        assert place.state("beta", "other") == "active"

    def test_what_ended_an_account_ends_it_once(self, place: Street) -> None:
        """A replay, long after its owner let bridge in again."""
        told = {"id": 1, "myshopify_domain": "acme.myshopify.com"}
        place.shopify("app/uninstalled", told)
        place.work()
        with place.house.store("local").unit("ann") as unit:
            unit.connections.set_state("acme", type(unit.connections.get("acme").state).ACTIVE, "")
        place.clock.advance(60 * 86_400)
        place.work()
        assert place.shopify("app/uninstalled", told) == 200
        place.work()
        assert place.state("acme") == "active"

    @pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
    def test_what_the_law_lets_people_ask_for_is_answered_and_told(self, place: Street, topic: str) -> None:
        told = {"shop_domain": "acme.myshopify.com", "customer": {"email": "ann.buyer@example.com"}}
        assert place.shopify(topic, told) == 200
        assert place.shopify(topic, told, secret="wrong") == 401
        assert [one.says for one in place.kept()] == [Says.PRIVACY]
        place.work()

        with place.house.store("local").reading() as unit:
            (found,) = unit.findings.of_route(unit.routes.get("acme").route_id, FindingState.OPEN)
        assert (found.finding.code, topic in found.finding.title) == ("privacy.asked", True)
        assert "ann.buyer" not in str(found)


def test_a_sync_that_a_notice_asks_for_leaves_a_pause_after_the_last(place: Street) -> None:
    with place.house.store("local").unit("worker") as unit:
        duty = unit.duties.get(DutyKind.SYNC, "acme")
        assert duty is not None
        unit.duties.end(msgspec.structs.replace(duty, last_at=place.clock.now()), place.clock.now())
    place.shopify("orders/updated", {"id": 7})
    place.work()
    assert place.due(DutyKind.SYNC, "acme") == place.clock.now() + timedelta(seconds=20)


def test_what_a_ledger_tells_of_strangers_has_nothing_checked(place: Street) -> None:
    assert from_quickbooks(place, quickbooks("1001")) == 200
    place.work()
    assert place.due(DutyKind.CHECK, "acme") == tomorrow(place.clock)


def test_who_cannot_be_kept_is_told_to_come_again_and_is_not_kept(
    place: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away is no answer."""
    saving, go = threading.Event(), threading.Event()
    inbox: Any = place.house.inbox
    save = inbox.save

    def slow(notices: Any) -> int:
        saving.set()
        assert go.wait(60)
        return int(save(notices))

    inbox.save = slow
    found: list[int] = []

    def knock(number: int) -> None:
        found.append(place.shopify("orders/updated", {"id": number}))

    first = threading.Thread(target=knock, args=(1,))
    first.start()
    assert saving.wait(60)
    crowd = [threading.Thread(target=knock, args=(number,)) for number in range(2, 6)]
    for one in crowd:
        one.start()
    go.set()
    for one in (first, *crowd):
        one.join()
    assert found == [200] * 5
    assert len(place.kept()) == 5

    def away(_notices: object) -> int:
        raise TransientError("the database", "does not answer", "Wait", code="store.gone")

    inbox.save = away
    assert place.shopify("orders/updated", {"id": 6}) == 503
    inbox.save = save
    assert place.shopify("orders/updated", {"id": 6}) == 200


def test_a_log_that_nobody_takes_keeps_no_notice_out(place: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error may be a pipe whose reader is gone."""

    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    def away(_notices: object) -> int:
        raise TransientError("the database", "does not answer", "Wait", code="store.gone")

    log.configure()
    inbox: Any = place.house.inbox
    save, inbox.save = inbox.save, away
    monkeypatch.setattr(sys, "stderr", Gone())
    assert place.shopify("orders/updated", {"id": 6}) == 503
    inbox.save = save
    assert place.shopify("orders/updated", {"id": 6}) == 200
    assert len(place.kept()) == 1


@pytest.mark.parametrize("path", ["/in", ""])
def test_doors_hide_no_page_wherever_they_stand(place: Street, path: str) -> None:
    settings = place.house.settings.model_copy(update={"notices_url": f"https://hooks.example{path}"})
    house = House(place.house.store("local"), settings, place.clock, plugins())  # type: ignore[arg-type]
    doors = Doors(house)
    body = b'{"id": 7}'
    with TestClient(site(house, doors=doors.routes), base_url="https://hooks.example") as client:
        assert client.post(f"{path}/shopify", content=body, headers=shopify_headers("x", body)).status_code == 200
        assert client.post("/sign-out", follow_redirects=False).status_code == 303, "to where people sign in"
    doors.close()
    house.inbox.close()


def test_where_more_come_than_can_be_kept_the_next_is_told_to_come_again_and_nobody_else(tmp_path: Path) -> None:
    saving, go = threading.Event(), threading.Event()
    put_migrated(tmp_path / "bridge.db")
    with street(f"sqlite:///{tmp_path / 'bridge.db'}", tmp_path, most_waiting=1) as place, capture_logs() as lines:
        inbox: Any = place.house.inbox
        save = inbox.save

        def slow(notices: Any) -> int:
            saving.set()
            assert go.wait(60)
            return int(save(notices))

        inbox.save = slow
        with ThreadPoolExecutor(3) as vendors:
            first = vendors.submit(place.shopify, "orders/updated", {"id": 1})
            assert saving.wait(60)
            others = [vendors.submit(place.shopify, "orders/updated", {"id": number}) for number in (2, 3)]
            done, _ = wait(others, timeout=60, return_when=FIRST_COMPLETED)
            assert [one.result() for one in done] == [503], "one waits its turn, and one finds no place"
            go.set()
            assert first.result() == 200
            assert sorted(one.result() for one in others) == [200, 503]
        inbox.save = save
        assert len(place.kept()) == 2
    assert [line["code"] for line in lines if line["event"] == "notice was not taken"] == ["notice.full"]


def test_one_that_cannot_be_kept_is_refused_alone_and_not_with_those_it_came_among(place: Street) -> None:
    """Notices are kept in groups, of several merchants: none of them may spoil another's."""
    inbox: Any = place.house.inbox
    save, first, go = inbox.save, threading.Event(), threading.Event()

    def picky(notices: Any) -> int:
        if not first.is_set():
            first.set()
            assert go.wait(60)
        if any(one.external_id == "13" for one in notices):
            raise InvariantError("the database", "refused a change", "x", code="store.refused")
        return int(save(notices))

    inbox.save = picky
    found = dict[int, int]()

    def knock(number: int) -> None:
        body = quickbooks("1001", of=str(number)).replace(b'"7"', f'"{number}"'.encode())
        found[number] = from_quickbooks(place, body)

    crowd = [threading.Thread(target=knock, args=(number,)) for number in (11, 12, 13, 14)]
    crowd[0].start()
    assert first.wait(60)
    for one in crowd[1:]:
        one.start()
    go.set()
    for one in crowd:
        one.join()
    assert {number for number, status in found.items() if status == 200} == {11, 12, 14}
    assert {one.external_id for one in place.kept()} == {"11", "12", "14"}
