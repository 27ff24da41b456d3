"""A merchant who has nothing yet: sandboxes of vendors over HTTP, and a person who connects them in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import requests
from starlette.testclient import TestClient

from bridge.clock import Clock
from bridge.store.packing import EPOCH
from bridge.web.people import Person
from bridge.work.worker.turns import Turns
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_shopify_sandbox import ShopifySandbox
from bridge_woocommerce_sandbox import WooCommerceSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import OWN_FILE
from tests.fakes.stores import put_migrated
from tests.web.visiting import HOME, ann, browser, opened, sign_in, text_of

_MOST_ROUNDS = 10
REALM, OTHER_REALM, BRITISH_REALM = "9130000000000011", "9130000000000012", "9130000000000013"
BARE_REALM = "9130000000000014"
TENANT, OTHER_TENANT = "5a0dbe11-0000-4000-8000-00000000000a", "5a0dbe11-0000-4000-8000-00000000000b"
SETTINGS = """[bridge]
database_url = "{database}"
sealing_key_file = "sealing.key"
redirect_uri = "https://bridge.test/oauth/callback"
internal_networks = "{networks}"
[plugins.shopify]
base_url = "{shopify}"
calls_per_minute = 60000
[plugins.quickbooks]
base_url = "{quickbooks}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_minute = 60000
calls_per_second = 1000
[plugins.xero]
base_url = "{xero}"
settle_seconds = 0
calls_per_minute = 60000
"""
KEY = "vmj0CGcHHrNEUQxVDdqxrQrCe3kdMHe5TkaWUBIvVaE="  # of no use but here
SECRETS = ("sandbox-secret", "shpat_sandbox", "ck_sandbox", "cs_sandbox", KEY)


class Vendors:
    """Every vendor's fake, running."""

    def __init__(self, stack: ExitStack) -> None:
        self.shopify = stack.enter_context(ShopifySandbox())
        self.woo = stack.enter_context(WooCommerceSandbox())
        self.quickbooks = stack.enter_context(QuickBooksSandbox())
        self.xero = stack.enter_context(XeroSandbox())
        self.shopify.clock.advance(-3 * 86_400)
        self.shopify.shop.sell("20.00")
        self.shopify.clock.run()
        self.quickbooks.add_company(REALM, home_currency="USD", country="US", name="Acme")
        self.quickbooks.add_company(OTHER_REALM, home_currency="USD", country="US", name="Acme Two")
        self.quickbooks.add_company(BRITISH_REALM, home_currency="GBP", country="GB", name="Acme UK")
        self.xero.add_organisation(TENANT, name="Acme Ltd")
        self.xero.add_organisation(OTHER_TENANT, name="Acme Two Ltd")


class Merchant:
    """A folder with settings of vendors, and nothing connected.

    is_hosted: no file declares for the organisation. networks: that connections may reach.
    """

    def __init__(
        self,
        folder: Path,
        vendors: Vendors,
        *,
        is_hosted: bool = False,
        networks: str = "127.0.0.0/8",
        database: str = OWN_FILE,
    ) -> None:
        self.vendors, self.organisation = vendors, "acme" if is_hosted else "local"
        self.config, self.answers = folder / "bridge.toml", list[str]()
        (folder / "sealing.key").write_text(KEY + "\n", encoding="ascii")
        urls = {name: getattr(vendors, name).base_url for name in ("shopify", "quickbooks", "xero")}
        self.config.write_text(SETTINGS.format(networks=networks, database=database, **urls), encoding="utf-8")
        put_migrated(folder / "bridge.db")

    @contextmanager
    def browser(
        self, person: Person | None = None, clock: Clock | None = None, open_: Callable[..., Any] = opened
    ) -> Iterator[Browser]:
        """A person's browser before the site, for as long as the block lasts."""
        who = person or ann(organisation=self.organisation)
        with open_(self.config, clock) as house, browser(house) as client:
            sign_in(house, client, who)
            yield Browser(self, client, who.csrf, house.office(self.organisation))


class Browser:
    """What a person without scripts does: opens pages, fills in forms, goes where it is sent."""

    def __init__(self, merchant: Merchant, client: TestClient, csrf: str, app: Any) -> None:
        self.merchant, self.client, self.csrf, self.app = merchant, client, csrf, app
        self.shown, self.status, self.address = "", 0, ""

    @property
    def says(self) -> str:
        return text_of(self.shown)

    def open(self, page: str) -> Browser:
        """A page of the organisation, or a whole path or address; redirections within the site are followed."""
        page = page.removeprefix(HOME)
        path = page if page.startswith(("/o/", "/oauth")) else f"/o/{self.merchant.organisation}{page}"
        return self._arrived(self.client.get(path))

    def send(self, page: str, csrf: str | None = None, files: Any = None, **typed: str) -> Browser:
        """A form. Names of fields are written with ``__`` for their dot."""
        data = {name.replace("__", "."): value for name, value in typed.items()}
        path = f"/o/{self.merchant.organisation}{page}"
        answer = self.client.post(path, data={"csrf": self.csrf if csrf is None else csrf, **data}, files=files)
        self._check_board()
        return self._arrived(answer)

    def work(self) -> list[str]:
        """A worker comes by, and takes turns until nothing is due; a busy machine makes several of one reading."""
        hand, done = Turns(self.app.store, self.app.clock, lambda _name: self.app.story), set[str]()
        for _ in range(_MOST_ROUNDS):
            with self.app.store.reading() as unit:
                due = unit.duties.due(self.app.clock.now())
            taken = {one.key for one in due if hand.take(self.merchant.organisation, one.kind, one.subject)}
            done |= taken
            if not taken:
                break
        return sorted(done)

    def _check_board(self) -> None:
        """Whatever a person did, each route stands on the board as if it were summed up anew."""
        said = self._summaries()
        self.app.summing.of([route.name for route in self.app.desk.routes()], actor="test")
        assert said == self._summaries()

    def _summaries(self) -> dict[str, Any]:
        with self.app.store.reading() as unit:
            return {name: msgspec.structs.replace(one.summary, at=EPOCH) for name, one in unit.summaries.all().items()}

    def _arrived(self, answer: Any) -> Browser:
        self.merchant.answers.append(f"{answer.headers} {answer.text}")
        self.status, self.shown = answer.status_code, answer.text
        self.address = answer.headers.get("Location", str(answer.url))
        if self.status == 303 and self.address.startswith("/"):
            return self._arrived(self.client.get(self.address))
        return self

    def names(self) -> list[str]:
        """The connections that there are."""
        return [one.name for one in self.app.desk.connections()]

    def consent(self, **chosen: str) -> str:
        """Go to the vendor by the page's link, and choose there; the address to which it sends the browser back."""
        ways = re.findall(r'<a class="button" href="([^"]+)" rel="noreferrer"', self.shown)
        assert len(ways) == 1, self.says
        page = requests.get(unescape(ways[0]), params=chosen, allow_redirects=False, timeout=60)
        return page.headers["Location"].removeprefix("https://bridge.test")

    def errors(self) -> list[str]:
        """What stands beside fields."""
        return [unescape(one) for one in re.findall(r'<p class="error"[^>]*>([^<]+)<', self.shown)]

    def fields(self) -> dict[str, str]:
        """The fields of the page by name, with what is in them."""
        found: dict[str, str] = {}

        class Reader(HTMLParser):
            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                told = dict(attrs)
                if tag in {"input", "select", "textarea"}:
                    found[told.get("name") or ""] = told.get("value") or ""

        Reader().feed(self.shown)
        return found

    # The wizard's pieces, for tests that begin behind them.

    def connect_quickbooks(self, name: str = "books", realm: str = REALM) -> Browser:
        return self.open(self.send("/connect/quickbooks", way="app", name=name).consent(realm=realm))

    def connect_shop(self) -> Browser:
        return self.send(
            "/connect/shopify", way="token", name="shop", answer__shop="acme", answer__token="shpat_sandbox"
        )

    def make_route(self, **typed: str) -> Browser:
        told = {"with": "books", "answer.first_day": "2026-01-01", "answer.time_zone": "America/New_York"}
        return self.send("/connections/shop/route", **{**told, "tax_regime": "us_sales_tax", **typed})
