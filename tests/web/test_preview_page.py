"""The preview: every voucher as it would be sent, with the tax in each line, to the byte."""

from __future__ import annotations

from html import unescape
from pathlib import Path

from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import InXero, Merchant
from tests.web.reviewing import send
from tests.web.visiting import ann, text_of, visiting


def test_each_line_shows_its_tax_and_the_body_is_what_the_command_line_shows(tmp_path: Path) -> None:
    with XeroSandbox() as sandbox:
        merchant = InXero(tmp_path, sandbox, "gb")
        text = merchant.config.read_text(encoding="utf-8")
        regime = '[routes.gb]\nreview = true\ntax_regime = "vat_standard"\nvat_in_rows = true'
        merchant.config.write_text(text.replace("[routes.gb]", regime), encoding="utf-8")
        merchant.connect()
        merchant.import_samples("gb", "gb_v2_dmy.txt")
        bodies = [one["body_text"] for one in merchant.json("preview")["routes"][0]["vouchers"] if one["body_text"]]
        with visiting(merchant.config, ann()) as client:
            shown = client.get("/o/local/preview").text
    said = text_of(shown)
    assert "4000 Product sales Product sales (sale.product), 2 lines sale:20 = 20% (VAT on Income) 4.17 25.00" in said
    assert "Total, GBP net -1.33" in said
    assert "Tax vat standard: tax stands inside the lines it was charged on" in said
    assert bodies
    assert all(body in unescape(shown) for body in bodies)
    assert "held" in said


def test_deliver_now_asks_for_the_delivery_of_that_ledger_alone(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann()) as client:
        shown = text_of(client.get("/o/local/preview?route=gb").text)
        assert "2 vouchers for Acme Goods UK Ltd: nothing to be sent, 170.49 GBP held" in shown
        assert "its route says review review" in shown
        asked = send(client, "/preview/gb/deliver")
        after = text_of(client.get(asked.headers["location"]).text)
        assert "A delivery was asked for. No worker is at work just now" in after
        assert client.get("/o/local/preview?route=nobody").status_code == 404
    with reviewed.app() as app:
        asked_for = {card.name for card in app.desk.workers().duties if card.duty.asked}
    assert asked_for == {"deliver/books-gb"}
