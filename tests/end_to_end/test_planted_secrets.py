"""Secrets that were planted everywhere are looked for in everything that bridge says, shows, exports and keeps."""

from __future__ import annotations

import traceback
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from bridge.cli.output import plain_error
from bridge.errors import BridgeError
from bridge.host.credentials import Sealer
from bridge.settings import load_settings
from bridge.web.site import PAGES
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.web.examples import paths
from tests.web.shown import tamper
from tests.web.visiting import ann, browser, opened, sign_in

PLANTED = {
    "oidc_client_secret": "planted-secret-of-the-provider",
    "metrics_token": "planted-token-of-the-numbers-0123456789",
    "[plugins.quickbooks] client_secret": "planted-secret-of-the-application",
    "[plugins.shopify] client_secret": "planted-secret-of-another-application",
    "[plugins.shopify] a shop's token": "shpat_planted0123456789abcdef",
    "[plugins.woocommerce] key": "ck_planted0123456789",
    "[plugins.woocommerce] secret": "cs_planted0123456789",
    "[plugins.woocommerce] webhook_secret": "planted-secret-of-webhooks",
    "[plugins.amazon] client_secret": "amzn1.oa2-cs.v1.planted",
    "[plugins.amazon] refresh_token": "Atzr|planted0123456789",
}
SETTINGS = f"""
[plugins.shopify]
client_id = "an-app"
client_secret = "{PLANTED["[plugins.shopify] client_secret"]}"
tokens = {{ "acme.myshopify.com" = "{PLANTED["[plugins.shopify] a shop's token"]}" }}
[plugins.woocommerce.shops.woo]
url = "http://127.0.0.1:9"
allow_plain_http = true
key = "{PLANTED["[plugins.woocommerce] key"]}"
secret = "{PLANTED["[plugins.woocommerce] secret"]}"
webhook_secret = "{PLANTED["[plugins.woocommerce] webhook_secret"]}"
[plugins.amazon]
client_id = "amzn1.application-oa2-client.planted"
client_secret = "{PLANTED["[plugins.amazon] client_secret"]}"
base_url = "http://127.0.0.1:9"
[plugins.amazon.sellers.amazon-us]
region = "na"
refresh_token = "{PLANTED["[plugins.amazon] refresh_token"]}"
[connections.woo]
plugin = "woocommerce"
account = "127.0.0.1:9"
[routes.woo]
source = "woo"
ledger = "books-us"
time_zone = "America/Los_Angeles"
first_day = 2025-01-01
"""
STORY = (
    ("apply",),
    ("connections",),
    ("sync", "--wait", "0"),
    ("preview", "--json"),
    ("deliver", "--wait", "0"),
    ("drift", "--html", "{folder}/review.html", "--csv", "{folder}/review.csv"),
    ("drift", "--json"),
    ("connections", "check", "books-us"),
    ("connections", "check", "woo"),
    ("books", "export", "--output", "{folder}/books.beancount"),
    ("explain", "28500000011"),
    ("held", "--json"),
    ("routes", "--json"),
    ("sources", "status", "--json"),
    ("runs", "list"),
    ("runs", "show", "1", "--json"),
    ("plugins", "check"),
    ("worker", "status", "--json"),
    ("audit", "show", "--json"),
    ("secrets", "rotate", "--json"),
    ("store", "check", "--json"),
)
AFTER_A_REFUSAL = (("sync", "--wait", "0"), ("connections", "--json"), ("connections", "check", "books-us"), ("held",))


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path, sandbox, "us", "gb")
        for country, sample in (("us", "us_v2_standard.txt"), ("gb", "gb_v2_dmy.txt")):
            (tmp_path / f"inbox-{country}" / sample).write_bytes((SAMPLES / sample).read_bytes())
        made.connect()
        ours = "".join(f'\n{name} = "{PLANTED[name]}"' for name in ("oidc_client_secret", "metrics_token"))
        made.config.write_text(made.config.read_text().replace("[bridge]", f"[bridge]{ours}", 1) + SETTINGS)
        yield made


def forms(secret: str) -> set[str]:
    """As it is, in an address, and in what HTTP makes of a name and a password."""
    return {secret, quote(secret, safe=""), b64encode(secret.encode()).decode().rstrip("=")[:-2]}


def secrets_of(merchant: Merchant) -> Mapping[str, str]:
    """All that nobody may see: what was planted, and what the ledger gave since."""
    settings = load_settings(merchant.config, {})
    with merchant.app() as app, app.store.reading() as unit:
        kept = unit.connections.credential(unit.connections.get("books-us").connection_id)
    assert kept is not None
    opened = Sealer([key.get_secret_value() for key in settings.sealing_keys]).open(kept)
    given = {"access token": opened.access_token, "refresh token": opened.refresh_token}
    ours = {"sealing key": settings.sealing_keys[0].get_secret_value(), "quickbooks": "sandbox-secret"}
    basic = {"quickbooks as a header": b64encode(b"sandbox-client:sandbox-secret").decode()}
    return {name: secret for name, secret in {**PLANTED, **given, **ours, **basic}.items() if secret}


def said(merchant: Merchant, *words: str) -> str:
    """All that a command says, down to every call; where it ends early, how; where it breaks, all that Python shows."""
    done = merchant.run("-vv", *(word.format(folder=merchant.folder) for word in words))
    error = done.exception
    if error is None:
        return done.output
    shown = plain_error(error).values() if isinstance(error, BridgeError) else traceback.format_exception(error)
    return "\n".join((done.output, *shown))


def pages(merchant: Merchant) -> Mapping[str, str]:
    """Every page, by its path."""
    with opened(merchant.config) as house, browser(house) as client:
        sign_in(house, client, ann())
        return {path: client.get(path).text for path in paths(PAGES, house).values()}


def test_no_secret_is_said_shown_exported_or_kept_in_clear_over_a_whole_story(merchant: Merchant) -> None:
    shown: dict[str, str] = {}
    for words in STORY:
        shown[" ".join(words)] = said(merchant, *words)
        if words[0] == "deliver":
            tamper(merchant.sandbox, merchant.sellers["us"].realm)
    before = secrets_of(merchant)
    shown |= pages(merchant)
    merchant.sandbox.disconnect(merchant.sellers["us"].realm)
    for words in AFTER_A_REFUSAL:
        shown[f"refused: {' '.join(words)}"] = said(merchant, *words)
    shown |= pages(merchant)

    ours = {merchant.config, merchant.folder / "sealing.key"}
    files = [file for file in merchant.folder.rglob("*") if file.is_file() and file not in ours]
    shown |= {str(file): file.read_bytes().decode("latin-1") for file in files}
    assert "bridge.db" in {file.name for file in files}
    found = {
        (name, where)
        for name, secret in {**before, **PLANTED}.items()
        for where, text in shown.items()
        if any(form in text for form in forms(secret))
    }
    assert not found


def test_the_databases_password_is_in_no_error_and_no_log(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql+psycopg://bridge:planted-password@127.0.0.1:9/bridge"
    monkeypatch.setenv("BRIDGE_DATABASE_URL", address)
    for words in (("apply",), ("sync",), ("worker", "status"), ("store", "check")):
        told = said(merchant, *words)
        assert "planted-password" not in told
        assert "postgres" in told.lower() or "database" in told, "and yet it says what cannot be reached"
