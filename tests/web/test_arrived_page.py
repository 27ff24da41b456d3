"""What reached the bank, on its page: what waits leads there, what would be booked is shown, and kept on a word."""

from __future__ import annotations

from pathlib import Path

from bridge.web.people import Role
from tests.end_to_end.abroad import company
from tests.end_to_end.test_arrived import IN_EUROS, PAYOUT
from tests.web.reviewing import send
from tests.web.visiting import ann, text_of, visiting

PAGE = f"/arrived/{PAYOUT}"
TYPED = {"amount": "995.74", "currency": "USD", "on": "2026-06-30", "fee": "4.26"}


def test_what_waits_leads_to_the_page_where_a_bookkeeper_says_what_arrived(tmp_path: Path) -> None:
    with company("quickbooks", tmp_path, "US", "USD") as acme:
        acme.declare('tax_regime = "us_sales_tax"', channel="amazon")
        acme.sync(IN_EUROS)
        with visiting(acme.config, ann(Role.BOOKKEEPER)) as client:
            assert f'href="/o/local{PAGE}"' in client.get("/o/local/waits").text
            page = client.get(f"/o/local{PAGE}")
            assert "settlement 28500000061 of 919.42 EUR" in text_of(page.text)
            assert "What would be done" not in page.text

            shown = text_of(client.get(f"/o/local{PAGE}", params=TYPED).text)
            assert "1 EUR = 1.08764 USD" in shown
            assert "4000 Product sales -1,263.31 USD" in shown
            assert "7100 Payout and transfer fees 4.26 USD" in shown
            wrong = client.get(f"/o/local{PAGE}", params=TYPED | {"currency": "GBP"})
            assert (wrong.status_code, "is kept in USD, and GBP is said" in text_of(wrong.text)) == (422, True)
            none = client.get(f"/o/local{PAGE}", params=TYPED | {"amount": "1,083"})
            assert (none.status_code, "s no amount of a currency" in text_of(none.text)) == (422, True)
            odd = TYPED | {"amount": "99574.00"}
            assert "times more than the usual" in text_of(client.get(f"/o/local{PAGE}", params=odd).text)
            assert send(client, PAGE, **odd, reason="read", do="say").status_code == 422
            assert send(client, PAGE, **TYPED, reason=" ", do="say").status_code == 422
            assert acme.kinds() == set(), "looking does nothing"

            done = send(client, PAGE, **TYPED, reason="as the statement says", do="say")
            assert "It is booked as what reached the bank" in text_of(client.get(done.headers["location"]).text)
            assert "919.42 EUR as 1,000.00 USD" in text_of(client.get(done.headers["location"]).text)
            acme.run("sync")
            assert acme.balance("1000") == 995_74

            again = client.get(f"/o/local{PAGE}").text
            assert "Until now: 995.74 USD on 2026-06-30, after a fee of 4.26 USD, as Ann said" in text_of(again)
            send(client, PAGE, reason="the wrong payout", do="take_back")
            assert acme.balance("1000") == 0
        with visiting(acme.config, ann(Role.VIEWER)) as client:
            assert client.get(f"/o/local{PAGE}").status_code == 403
