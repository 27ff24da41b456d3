"""A shop with limits, and the plugin that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from bridge.model.channel import ChannelFacts
from bridge.plugin import OwnerStart, Page, Wait, Want
from bridge.sandbox import SandboxClock
from bridge.testing.bench import Bench, StillClock
from bridge_shopify.offer import offer
from bridge_shopify.pulled import PulledShopify
from bridge_shopify.settings import ShopifySettings
from bridge_shopify_sandbox import ShopifySandbox
from plugins.shopify.tests.shop import Read, documents

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Seller:
    """A shop with limits, and the plugin that asks it."""

    def __init__(self) -> None:
        self.clock = StillClock(NOON)
        self.sandbox = ShopifySandbox(clock=SandboxClock(self.clock), limits=True)
        self.shop, self.faults = self.sandbox.shop, self.sandbox.faults
        self.source = self.asking("acme")

    def asking(
        self,
        account: str,
        token: str = "shpat_sandbox",  # noqa: S107 - the sandbox's own
        bulk_from_orders: int = 1_000,
    ) -> PulledShopify:
        tokens = {"https://ACME.myshopify.com/admin": SecretStr(token)}
        app = ShopifySettings(base_url=self.sandbox.base_url, tokens=tokens, bulk_from_orders=bulk_from_orders)
        bench = Bench(offer(), account=account, app=app, clock=self.clock)
        source = offer().build(bench)
        assert isinstance(source, PulledShopify)
        return source

    def of_an_app(self, secret: str = "sandbox-secret") -> PulledShopify:  # noqa: S107 - the sandbox's own
        app = ShopifySettings(
            base_url=self.sandbox.base_url,
            client_id="sandbox-client",
            client_secret=SecretStr(secret),
            shops=("acme.myshopify.com",),
        )
        source = offer().build(Bench(offer(), account="acme", app=app, clock=self.clock))
        assert isinstance(source, PulledShopify)
        return source

    def pull(self, stream: str = "orders", cursor: bytes = b"") -> list[Page]:
        want = Want(stream, NOON - DAY, NOON + DAY, cursor, self.source.survey())
        return [page for page in self.source.pull(want) if isinstance(page, Page)]

    def owners(self, pages: list[Page], facts: ChannelFacts | None = None) -> list[str]:
        facts = facts or self.source.survey()
        parts = [part for page in pages for part in self.source.read(self.source.minimise(page), facts)]
        return [f"{part.kind} {part.external_id}" for part in parts if isinstance(part, OwnerStart)]

    def documents(self, pages: list[Page]) -> dict[str, Read]:
        """By name; of one that comes again, the last."""
        facts = self.source.survey()
        parts = [part for page in pages for part in self.source.read(self.source.minimise(page), facts)]
        return {one.name: one for one in documents(iter(parts))}  # type: ignore[arg-type]

    def answers(self, cursor: bytes = b"", stream: str = "orders") -> Iterator[Page | Wait]:
        """What somebody is told who never asked before, and for whom two orders are many."""
        source = self.asking("acme", bulk_from_orders=2)
        return source.pull(Want(stream, NOON - DAY, NOON + DAY, cursor, source.survey()))

    def labels(self) -> list[str]:
        return [seen.label for seen in self.sandbox.requests.all()]
