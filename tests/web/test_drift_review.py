"""The drift review: what a ledger says otherwise, drilled down to, accepted, and signed as it was."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import closing
from hashlib import sha256
from io import StringIO

import msgspec

from tests.end_to_end.merchant import Merchant
from tests.web.reviewing import HOSTILE, by_hand, send, values
from tests.web.visiting import ann, text_of, visiting

FORMULA = '=HYPERLINK("http://x.test","paid")'


def accepted(reviewed: Merchant, reason: str) -> None:
    """Everything of the American route is accepted."""
    with visiting(reviewed.config, ann()) as client:
        findings = values(client.get("/o/local/drift/us").text, "thing")
        preview = send(client, "/waits/foreseen", decision="accept", thing=findings)
        assert "2 things, 170.03 USD" in text_of(preview.text)
        form = {"decision": "accept", "thing": values(preview.text, "thing"), "until": "", "reason": reason}
        assert "Saved: 2 things" in text_of(send(client, "/waits/decided", **form).text)


def test_a_changed_amount_is_drilled_down_to_the_lines_of_its_document(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann()) as client:
        review = client.get("/o/local/drift/us")
        said = text_of(review.text)
        assert "Delivered yes through 2026-07-08" in said
        assert "Matched no" in said
        assert "1 entry with other amounts , " in said
        assert "Findings: 2 open" in said
        assert HOSTILE in said
        assert HOSTILE not in review.text
        assert "It cannot be signed while an answer is no: matched, reconciled." in said
        filtered = text_of(client.get("/o/local/drift/us?code=drift.foreign").text)
        assert "amounts changed" not in filtered
        assert "None of that kind" in text_of(client.get("/o/local/drift/us?severity=info").text)

        finding = values(client.get("/o/local/drift/us?code=drift.amount").text, "thing")[0]
        shown = client.get(f"/o/local/findings/{finding}").text
        assert "4000 Product sales -258.00 -112.97" in text_of(shown)
        down = re.search(r'href="(/o/local/explain/[^"]+)"', shown)
        assert down is not None
        explained = client.get(down[1])
        told = text_of(explained.text)
        assert "Documents Amazon settlement 28500000011 of A1DEMOUS, revision 1" in told
        assert "4000 Product sales credit 258.00 USD" in told
        assert "amounts changed (open)" in told
        assert HOSTILE in told
        assert HOSTILE not in explained.text
        assert "delivered books-us, " in told
        assert text_of(client.get("/o/local/explain/28500000011").text).count("Vouchers, and the ledger") == 4
        assert client.get("/o/local/explain/nothing-of-that-name").status_code == 404


def test_a_finding_is_accepted_with_a_reason_and_an_end_and_only_once(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann()) as client:
        finding = values(client.get("/o/local/drift/us?code=drift.foreign").text, "thing")[0]
        shown = client.get(f"/o/local/findings/{finding}").text
        form = {"decision": "accept", "thing": values(shown, "thing"), "reason": "the owner's own"}
        late = send(client, "/waits/decided", **form, until="2040-01-01")
        assert "more than a year away" in text_of(late.text)
        assert "is none. Next" in text_of(send(client, "/waits/decided", **form, until="soon").text)
        assert send(client, "/waits/decided", **form, until="").status_code == 200
        assert send(client, "/waits/decided", **form, until="").status_code == 409
        review = text_of(client.get("/o/local/drift/us?state=accepted").text)
        assert "Findings: 1 open, 1 accepted" in review
        assert "the owner's own" in review
        assert "Accepted by web:Ann until 20" in review


def test_a_tax_that_was_changed_is_accepted_by_nobody(reviewed: Merchant) -> None:
    with reviewed.app() as app:
        (route,) = (one for one in app.desk.routes() if one.name == "us")
        found = app.desk.reviewed("us").standing
        assert found is not None
        with app.store.unit("test") as unit:
            bound = msgspec.structs.replace(
                found.report.findings[0].finding, code="drift.tax", binding="a return is made from it"
            )
            unit.findings.add(bound, app.clock.now())
        assert route.route_id == bound.route_id
    with visiting(reviewed.config, ann()) as client:
        shown = client.get(f"/o/local/findings/{bound.finding_id}")
        assert "It cannot be accepted: a return is made from it" in text_of(shown.text)
        assert "Accept it as it is" not in shown.text
        refused = send(client, "/waits/foreseen", decision="accept", thing=[bound.finding_id])
        assert "decide.binding" in text_of(refused.text)
        forced = send(client, "/waits/decided", decision="accept", thing=f"{bound.finding_id} ", reason="I insist")
        assert forced.status_code == 409


def test_a_red_check_is_signed_by_nobody(reviewed: Merchant) -> None:
    with reviewed.app() as app:
        standing = app.desk.reviewed("us").standing
    assert standing is not None
    with visiting(reviewed.config, ann()) as client:
        refused = send(client, "/drift/us/sign", seen=standing.digest, through="2026-07-08", reason="all well")
        assert refused.status_code == 422
        assert "cannot be signed: matched and reconciled are no" in text_of(refused.text)
        unchecked = send(client, "/drift/gb/sign", seen="x", through="2026-07-08", reason="all well")
        assert "was not checked yet" in text_of(unchecked.text)
        assert "Not checked yet" in text_of(client.get("/o/local/drift/gb").text)
    assert signed(reviewed) == []


def test_what_was_signed_is_shown_as_it_was_whatever_comes_later(reviewed: Merchant) -> None:
    """Also when the ledger, the books and the check are others by then; and what is changed in the database is seen."""
    accepted(reviewed, FORMULA)
    with visiting(reviewed.config, ann()) as client:
        page = client.get("/o/local/drift/us").text
        assert "I, Ann , reviewed this check of Acme Goods Inc: delivered yes, matched yes, with 1 accepted" in text_of(
            page
        )
        form = {"seen": values(page, "seen")[0], "through": "2026-07-08"}
        beyond = send(client, "/drift/us/sign", **form | {"through": "2026-07-09"})
        assert "cannot be signed through 2026-07-09" in text_of(beyond.text)
        first = send(client, "/drift/us/sign", **form)
        again = send(client, "/drift/us/sign", **form)
        assert first.status_code == again.status_code == 303
        assert first.headers["location"] == again.headers["location"], "signed once"
        at = first.headers["location"]
        version = client.get(f"{at}/version.html")
        assert "Reviewed by Ann , through 2026-07-08" in text_of(version.text)
        assert HOSTILE not in version.text
        assert "sandbox" in version.headers["content-security-policy"]
        rows = list(csv.DictReader(StringIO(client.get(f"{at}/version.csv").text)))
        assert {row["accepted_reason"] for row in rows} == {f"'{FORMULA}"}
        data = json.loads(client.get(f"{at}/version.json").content)
        assert data["signed"]["by"] == "Ann"
        assert data["routes"][0]["matched"] is True

    by_hand(reviewed, "us", op="add_foreign", account="1200", counter_account="4000", amount="9.00", date="2026-07-02")
    reviewed.run("drift", "us")
    with visiting(reviewed.config, ann()) as client:
        assert "Reconciled no" in text_of(client.get("/o/local/drift/us").text)
        assert client.get(f"{at}/version.html").content == version.content
        shown = client.get(at).text
        assert sha256(version.content).hexdigest() in shown
        assert "2026-07-08" in text_of(client.get("/o/local/signed").text)
    with reviewed.app() as app:
        assert any('"check.signed"' in row.notes and row.actor == "web:Ann" for row in app.desk.audit_rows(50))
        assert app.desk.unvouched(9) == ((), 0, ())
    with closing(sqlite3.connect(reviewed.folder / "bridge.db")) as database, database:
        database.executescript(
            "DROP TRIGGER sign_off_no_update; UPDATE sign_off SET body = replace(body, 'Ann', 'Bob')"
        )
    with reviewed.app() as app:
        (forged,), _, _ = app.desk.unvouched(9)
    assert (forged.kind, forged.fault) == ("sign-off", "was changed after it was written")


def test_a_check_that_is_another_by_now_is_not_signed(reviewed: Merchant) -> None:
    accepted(reviewed, "known")
    with visiting(reviewed.config, ann()) as client:
        seen = values(client.get("/o/local/drift/us").text, "seen")[0]
    reviewed.run("drift", "us")
    with visiting(reviewed.config, ann()) as client:
        late = send(client, "/drift/us/sign", seen=seen, through="2026-07-08", reason="all well")
        assert late.status_code == 409
        assert "its check is another than the one that was shown" in text_of(late.text)
        asked = send(client, "/drift/us/check")
        assert "No worker is at work just now" in text_of(client.get(asked.headers["location"]).text)
    assert signed(reviewed) == []


def signed(reviewed: Merchant) -> list[str]:
    with reviewed.app() as app:
        return [one.by for one in app.desk.reviewed("us").signed]
