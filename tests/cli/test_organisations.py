"""``bridge organisations``: added, looked into, stopped, counted, taken away and erased."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import requests

from bridge.app import open_house
from bridge.clock import SystemClock
from bridge.errors import BridgeError, UnavailableError
from bridge.host.leaving import Leaving
from bridge.model.notices import Notice
from bridge.settings import load_settings
from bridge.store.sql.organisations import LEFT_OUT
from bridge.store.sql.tables import metadata
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant, plugins

ACME = ("--organisation", "acme", "--reason", "ticket 7")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    """A service with a tenant that has sold, been booked and been sent to its ledger."""
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path_factory.mktemp("served"), sandbox, "gb")
        made.ok("apply")
        made.ok("organisations", "add", "acme", "--title", "Acme Ltd")
        made.ok(*ACME, "apply")
        settings = load_settings(made.config, {})
        with open_house(settings, SystemClock(), plugins()) as house:
            app = house.office("acme")
            started = app.host.authorization.start("books-gb", "test")
            realm = {"realm": made.sellers["gb"].realm}
            consent = requests.get(started.url, params=realm, allow_redirects=False, timeout=60)
            app.host.authorization.finish(started, consent.headers["Location"])
        shutil.copy(SAMPLES / "gb_v2_dmy.txt", made.folder / "inbox-gb")
        made.ok(*ACME, "sync")
        yield made


def refused(merchant: Merchant, *words: str) -> str:
    """The code of what a command is refused with."""
    error = merchant.run(*words).exception
    assert isinstance(error, BridgeError), error
    return error.code


def rows_of(merchant: Merchant, organisation: str) -> dict[str, int]:
    """How many rows there are of an organisation, by table."""
    with open_house(load_settings(merchant.config, {}), SystemClock(), plugins()) as house:
        store = house.office(organisation).store
        with store.reading() as unit:
            counts = {table: len(list(unit.organisations.rows(table))) for table in unit.organisations.tables()}
    return {table: many for table, many in counts.items() if many}


def test_whoever_opens_a_tenants_books_says_why_and_the_tenant_sees_it(served: Merchant) -> None:
    assert refused(served, "--organisation", "acme", "held") == "organisation.reason"
    assert refused(served, "--organisation", "nobody", "held") == "organisation.unknown"
    served.run(*ACME, "held")

    log = served.ok(*ACME, "audit", "show", "--last", "3").output
    assert "operator:" in log
    assert "support.access held ticket 7" in log
    assert "support.access" not in served.ok("audit", "show").output  # their own books need no reason
    assert served.ok(*ACME, "audit", "verify").exception is None


def test_organisations_are_listed_paused_and_counted(served: Merchant) -> None:
    assert "Acme Ltd" in served.ok("organisations").output
    assert refused(served, "organisations", "add", "acme") == "organisation.taken"
    assert refused(served, "organisations", "add", "Acme Ltd") == "organisation.name"
    served.ok("organisations", "pause", "acme", "--reason", "unpaid")
    assert "unpaid" in served.ok("organisations", "list").output
    told = served.run(*ACME, "deliver")
    assert "nothing is done" in told.stderr
    assert "unpaid" in told.stderr
    served.ok("organisations", "resume", "acme")

    used = served.json("organisations", "usage")
    counted = {(one["organisation"], one["plugin"], one["what"]): one["many"] for one in used}
    assert counted["acme", "amazon", "documents"] == 1
    assert counted["acme", "quickbooks", "calls"] > 2
    assert not [at for at in counted if at[0] == "local"]


def test_everything_of_an_organisation_is_written_as_files_without_what_lets_bridge_in(
    served: Merchant, tmp_path: Path
) -> None:
    place = tmp_path / "acme"
    served.ok("organisations", "export", "acme", str(place))

    told = [line.split("  ") for line in (place / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in told}
    assert all(sha256((place / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    lines = [json.loads(line) for line in (place / "line.jsonl").read_text().splitlines()]
    entries = [json.loads(line) for line in (place / "entry.jsonl").read_text().splitlines()]
    (document,) = [json.loads(line) for line in (place / "document.jsonl").read_text().splitlines()]
    assert sum(line["amount_minor"] for line in lines) == document["lines_minor"]
    assert all(entry["currency"] == "GBP" for entry in entries)
    assert "Clearing" in (place / "books.beancount").read_text()
    assert json.loads((place / "audit.jsonl").read_text().splitlines()[0])["seq"] == 1
    (raw,) = (place / "files").iterdir()
    assert raw.read_bytes()
    assert not {"credential.jsonl", "lease.jsonl"} & sums.keys()
    given, left_out = {path.stem for path in place.glob("*.jsonl")}, set(LEFT_OUT)
    assert given | left_out == set(metadata.tables), "say of a new table what becomes of it"
    assert not given & left_out
    assert [line.partition(": ")[0] for line in (place / "LEFT_OUT.txt").read_text().splitlines()] == list(LEFT_OUT)
    many = {table: len((place / f"{table}.jsonl").read_text().splitlines()) for table in given}
    assert {table: n for table, n in many.items() if n} == {
        "organisation": 1, **{table: n for table, n in rows_of(served, "acme").items() if table in given}
    }  # fmt: skip
    assert refused(served, "organisations", "export", "acme", str(place)) == "output.unwritable"
    assert place.stat().st_mode & 0o077 == 0


def notice(organisation: str) -> Notice:
    """What a vendor sent word of, and nobody came to."""
    return Notice(plugin="quickbooks", organisation=organisation, mark=organisation, received_at=datetime.now(UTC))


def test_an_erased_organisation_leaves_nothing_but_that_it_was_erased(served: Merchant, tmp_path: Path) -> None:
    """Killed between any two tables, and refused by a vendor that is away, it goes on when it is done again."""
    made = served.again(tmp_path / "again", served.sandbox)
    before = rows_of(made, "local")
    assert (
        refused(made, "organisations", "erase", "acme", "--again", "acmee", "--reason", "x") == "organisation.not_meant"
    )
    assert refused(made, "organisations", "erase", "local", "--again", "local", "--reason", "x") == "organisation.own"
    assert rows_of(made, "acme")

    with open_house(load_settings(made.config, {}), SystemClock(), plugins()) as house:
        house.inbox.save([notice("acme"), notice("local")])
        erasing = house.erasing
        steps = iter(range(100))

        def dying(words: str) -> None:
            if next(steps) == 12:
                raise KeyboardInterrupt(words)

        with pytest.raises(KeyboardInterrupt):
            erasing.erase("acme", by="olga", reason="their wish", actor="operator:olga", progress=dying)
    assert refused(made, *ACME, "held") == "organisation.leaving"
    done = made.ok("organisations", "erase", "acme", "--again", "acme", "--reason", "their wish").output

    assert "rows of acme are gone" in done
    assert rows_of(made, "acme") == {}
    with open_house(load_settings(made.config, {}), SystemClock(), plugins()) as house:
        assert [one.organisation for one in house.inbox.waiting(9)] == ["local"]
    assert refused(made, *ACME, "held") == "organisation.unknown"
    after = rows_of(made, "local")
    assert {table: many for table, many in after.items() if table not in ("audit", "seal")} == {
        table: many for table, many in before.items() if table not in ("audit", "seal")
    }
    log = made.ok("audit", "show").output
    assert "organisation.erased acme" in log
    assert "its audit log ends with row" in log
    assert made.ok("audit", "verify").exception is None


def test_nothing_is_deleted_while_a_vendor_does_not_answer(
    served: Merchant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = served.again(tmp_path / "again", served.sandbox)

    def away(*_: object, **__: object) -> None:
        raise UnavailableError("quickbooks", "did not answer")

    monkeypatch.setattr(Leaving, "leave", away)
    assert refused(made, "organisations", "erase", "acme", "--again", "acme", "--reason", "x") == "unavailable"
    assert rows_of(made, "acme")["line"]
