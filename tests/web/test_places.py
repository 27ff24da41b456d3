"""What people see of their routes, from files and a ledger to the words of a page, and what they may do there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.web.pages import board, overview, records, route, runs, stop
from bridge.web.people import Person, Role
from tests.end_to_end.merchant import Merchant
from tests.fakes.clock import FakeClock
from tests.web.shop import HOSTILE, shop
from tests.web.visiting import CSRF, ann, text_of, visiting

PLACES = [*overview.PAGES, *route.PAGES, *runs.PAGES, *records.PAGES, *stop.PAGES]
PARTS = {"route": "gb", "number": "1"}
MANY = Person("p-ann", "Ann", {"local": Role.OWNER, "elsewhere": Role.VIEWER}, CSRF)
LATER = timedelta(days=200)


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with shop(tmp_path_factory.mktemp("shop")) as made:
        yield made


def seen(merchant: Merchant, path: str, person: Person | None = None, clock: FakeClock | None = None) -> str:
    """The text of a page."""
    with visiting(merchant.config, person or ann(), clock) as client:
        shown = client.get(path)
    assert shown.status_code == 200, shown.text
    return text_of(shown.text)


def at(path: str, organisation: str = "local") -> str:
    """Where a page is."""
    return re.sub(r"{(\w+)}", lambda part: PARTS.get(part[1], organisation), path)


def test_the_board_has_every_route_of_ones_organisations_the_gravest_first(merchant: Merchant) -> None:
    told = seen(merchant, "/", MANY)

    assert "3 of 3 routes in 2 organisations" in told
    assert "amazon-gb → books-gb" in told
    assert re.search(r"elsewhere .* no route yet", told)
    assert "GB" not in told.split("Organisation and route")[0]
    assert "2026-06-24 by its files 2026-06-24 1 of 1 0" in told


def test_the_board_is_filtered_by_name_and_by_state(merchant: Merchant) -> None:
    assert "1 of 3 routes" in seen(merchant, "/?q=books-GB", MANY)
    assert "0 of 3 routes" in seen(merchant, "/?state=act", MANY)
    assert "No route is of that name and state." in seen(merchant, "/?q=%3Cb%3E", MANY)


def test_whoever_has_a_seat_in_one_organisation_goes_there(merchant: Merchant) -> None:
    with visiting(merchant.config, ann(Role.VIEWER)) as client:
        assert client.get("/").headers["Location"] == "/o/local/"


def test_the_overview_says_what_to_do_next_and_what_the_last_check_proved(merchant: Merchant) -> None:
    told = seen(merchant, "/o/local/")
    todo = told.split("What to do next")[1]
    assert re.match(r".* us : [^:]*Never compared with the ledger\.", todo)
    assert re.search(r"gb yes yes yes 20", told.split("What the last check says")[1])
    assert "No worker is at work" in told


def test_what_was_proven_is_so_no_more_when_time_has_passed(merchant: Merchant) -> None:
    told = seen(merchant, "/o/local/", clock=FakeClock(datetime.now(UTC) + LATER))
    assert "Last compared with the ledger on" in told
    assert "Access to books-gb ended on" in told


def test_a_route_answers_each_question_in_its_place_or_says_that_it_does_not(merchant: Merchant) -> None:
    told = seen(merchant, "/o/local/routes/gb")

    assert "all is in through 2026-06-24" in told
    assert "Everything that came is in the ledger." in told
    assert "1 of 1 settlement brings clearing the same total" in told
    assert "1200 Amazon clearing GBP 0.00 32.76 32.76 0.00" in told
    assert "Nobody altered what bridge told it." in told
    assert "2100 Sales tax collected - to remit GBP" in told
    assert "not answered here yet" not in told
    assert told.count("not proven") == 5, "too few weeks for new and usual, the month for tax and books, the ledger"


def test_a_route_of_which_nothing_was_sent_says_what_waits_and_what_is_not_proven(merchant: Merchant) -> None:
    told = seen(merchant, "/o/local/routes/us")
    assert "vouchers owed On its way. nobody: it passes by itself" in told
    assert told.count("was never compared with its ledger") == 5


def test_a_route_that_is_not_there_is_not_found(merchant: Merchant) -> None:
    with visiting(merchant.config, ann()) as client:
        refused = client.get("/o/local/routes/%3Ci%3E")
    assert refused.status_code == 404
    assert "<i>" not in refused.text


def test_what_a_ledger_calls_itself_is_text_and_no_markup(merchant: Merchant) -> None:
    with visiting(merchant.config, ann()) as client:
        for path in ("/o/local/", "/o/local/routes/gb", "/o/local/settings", "/o/local/audit"):
            shown = client.get(path).text
            assert "<script>alert" not in shown
    assert HOSTILE in seen(merchant, "/o/local/routes/gb")


def test_runs_say_what_they_did_and_what_stood_in_the_way(merchant: Merchant, tmp_path: Path) -> None:
    bad = tmp_path / "<b>.txt"
    bad.write_text("nothing of it", encoding="utf-8")
    merchant.run("import", "--connection", "amazon-gb", str(bad))
    number = merchant.json("runs", "list")[0]["number"]

    told = seen(merchant, "/o/local/runs")
    assert "check of gb" in told
    assert "Vouchers: 2 delivered" in told
    one = seen(merchant, f"/o/local/runs/{number}")
    assert "file <b>.txt" in one
    assert "Next:" in one


def test_a_run_is_done_once_more_by_a_button(merchant: Merchant) -> None:
    found = next(run for run in merchant.json("runs", "list") if run["piece"]["kind"] == "sync")
    number = found["number"]
    before = merchant.json("runs", "list")
    with visiting(merchant.config, ann(Role.BOOKKEEPER)) as client:
        answer = client.post(f"/o/local/runs/{number}/retry", data={"csrf": CSRF})
        told = client.get(answer.headers["Location"]).text
    assert answer.headers["Location"] == f"/o/local/runs/{number}?asked=again"
    assert "The same once more was asked for. No worker is at work" in told
    assert merchant.json("runs", "list") == before  # no channel is read by pages
    asked = {one["name"] for one in merchant.json("worker", "status")["duties"] if one["duty"]["asked"]}
    assert {f"sync/{name}" for name in found["piece"]["routes"]} <= asked


def test_files_of_a_run_are_read_once_more_where_they_are(merchant: Merchant, tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("nothing of it", encoding="utf-8")
    merchant.run("import", "--connection", "amazon-gb", str(bad))
    number = merchant.json("runs", "list")[0]["number"]
    with visiting(merchant.config, ann(Role.BOOKKEEPER)) as client:
        answer = client.post(f"/o/local/runs/{number}/retry", data={"csrf": CSRF})
    assert answer.headers["Location"] == "/o/local/runs"
    newest = merchant.json("runs", "list")[0]
    assert (newest["retry_of"], newest["actor"]) == (number, "web:Ann")


def test_lists_are_paged_from_the_newest_to_the_oldest(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = merchant.json("runs", "list", "--limit", "100")
    told = seen(merchant, f"/o/local/runs?before={whole[1]['number']}")
    assert f" {whole[2]['number']} " in told
    assert f" {whole[0]['number']} check" not in told
    assert "Newest" in told
    assert "pause.added" not in seen(merchant, "/o/local/audit?before=2")


def test_plugins_are_listed_with_who_uses_them(merchant: Merchant) -> None:
    assert re.search(
        r"quickbooks bridge-quickbooks \S+ ready quickbooks books-gb, books-us", seen(merchant, "/o/local/plugins")
    )


def test_settings_show_no_secret_and_the_operators_part_to_owners_alone(merchant: Merchant) -> None:
    told = seen(merchant, "/o/local/settings")
    assert "client_secret" in told
    assert "sandbox-secret" not in told
    assert merchant.folder.name not in told
    assert "What the operator set" not in seen(merchant, "/o/local/settings", ann(Role.BOOKKEEPER))


def test_the_audit_log_says_who_did_what_and_that_its_chain_holds(merchant: Merchant) -> None:
    assert "connection.put books-gb quickbooks" in seen(merchant, "/o/local/audit/1")
    assert re.search(r"unbroken \d+ rows, each continues the one before it", seen(merchant, "/o/local/audit/verified"))


def test_the_kill_switch_is_an_owners_and_every_page_says_so_while_it_is_on(merchant: Merchant) -> None:
    said = {"csrf": CSRF, "reason": "wrong <b>accounts</b>", "plugin": ""}
    with visiting(merchant.config, ann(Role.BOOKKEEPER)) as client:
        assert client.post("/o/local/stop/deliveries", data=said).status_code == 403
    with visiting(merchant.config, ann()) as client:
        assert client.post("/o/local/stop/deliveries", data={**said, "reason": " "}).status_code == 422
        assert client.post("/o/local/stop/deliveries", data=said).status_code == 303
        for path in ("/o/local/", "/o/local/routes/gb", "/o/local/runs", "/o/local/stop"):
            told = client.get(path).text
            assert "Deliveries to every ledger are" in told
            assert "paused by Ann" in told
            assert "<b>accounts" not in told
        assert "Deliveries are stopped by Ann" in text_of(client.get("/o/local/").text)
        assert client.post("/o/local/stop/deliveries/allow", data={"csrf": CSRF, "subject": ""}).status_code == 303
        assert "Deliveries to every ledger" not in client.get("/o/local/").text


def test_what_an_operator_stopped_for_everybody_no_owner_lets_go_on(merchant: Merchant) -> None:
    merchant.ok("stop-deliveries", "--everywhere", "--reason", "a vendor fails", "--by", "Olga")
    with visiting(merchant.config, ann()) as client:
        client.post("/o/local/stop/deliveries/allow", data={"csrf": CSRF, "subject": ""})
        told = text_of(client.get("/o/local/stop").text)
        assert "Deliveries to every ledger of every organisation are paused by Olga" in told
        assert "Whoever runs bridge can let it go on." in told
    merchant.ok("stop-deliveries", "--everywhere", "--lift")
    assert "Nothing is stopped." in seen(merchant, "/o/local/stop")


def test_a_connection_is_paused_with_a_reason_and_resumed_on_its_routes_page(merchant: Merchant) -> None:
    with visiting(merchant.config, ann(Role.BOOKKEEPER)) as client:
        said = {"csrf": CSRF, "connection": "amazon-us", "what": "pause", "reason": "the client asked"}
        client.post("/o/local/routes/us/pause", data=said)
        assert "paused by Ann" in client.get("/o/local/routes/us").text
        client.post("/o/local/routes/us/pause", data={**said, "what": "resume"})
        assert "paused by Ann" not in client.get("/o/local/routes/us").text
    assert "pause.lifted" in seen(merchant, "/o/local/audit")


def test_a_worker_is_asked_to_check_now_and_that_none_is_at_work_is_said(merchant: Merchant) -> None:
    with visiting(merchant.config, ann(Role.BOOKKEEPER)) as client:
        answer = client.post("/o/local/routes/us/ask", data={"csrf": CSRF, "what": "check"})
        told = text_of(client.get(answer.headers["Location"]).text)
        assert "It is due now, and no worker is at work" in told
        assert "check us due since" in told
        assert client.post("/o/local/routes/us/ask", data={"csrf": CSRF, "what": "upkeep"}).status_code == 422
    assert "duty.asked check/us" in seen(merchant, "/o/local/audit")


def test_a_viewer_sees_no_buttons_and_is_refused_what_they_do(merchant: Merchant) -> None:
    with visiting(merchant.config, ann(Role.VIEWER)) as client:
        for place in PLACES:
            path = at(place.path)
            if "POST" in (place.methods or ()):
                assert client.post(path, data={"csrf": CSRF}).status_code == 403, path
            elif path not in ("/o/local/audit/verified", "/o/local/routes/gb/profit"):
                shown = client.get(path)
                assert shown.status_code == 200, path
                assert re.findall('method="post" action="([^"]*)"', shown.text) == ["/sign-out"], path


def test_every_page_but_the_board_is_of_one_organisation() -> None:
    assert [place.path for place in board.PAGES] == ["/"]
    assert all(place.path.startswith("/o/{organisation}/") for place in PLACES)
