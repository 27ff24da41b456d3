"""What Shopify's plugin declares, and what it builds for a connection."""

from __future__ import annotations

from importlib.metadata import version

from bridge.model.account_classes import AccountClass
from bridge.model.chart import AccountPurpose, ChartAccount
from bridge.model.entries import Mode
from bridge.plugin import Context, Source, SourceCapabilities, SourceOffer, Tender, TenderClass
from bridge_shopify.files import READ
from bridge_shopify.letting_in import ACCESS
from bridge_shopify.notices import DOOR
from bridge_shopify.settings import ShopifySettings, hosts, limits, oauth
from bridge_shopify.source import ShopifySource
from bridge_shopify.streams import NOTICES, REPORTS, STREAMS

CLEARING = ChartAccount(
    number="1210",
    name="Shopify Payments clearing",
    account_class=AccountClass.BANK,
    purpose=AccountPurpose.CLEARING,
    note="day mode: never zero; = pending + payouts in transit",
)
_BY_HAND = ("cash", "manual", "bank deposit", "money order", "cash on delivery*", "cod")
TENDERS = (
    Tender("shopify_payments", CLEARING.number, TenderClass.MARKETPLACE_PAYOUT),
    Tender("paypal*", "1230", TenderClass.WALLET),
    Tender("*gift*card*", "2200", TenderClass.LIABILITY),
    Tender("*store*credit*", "2200", TenderClass.LIABILITY),
    *(Tender(gateway, "1250", TenderClass.MANUAL) for gateway in _BY_HAND),
    Tender("stripe*", "1220", TenderClass.PAYS_OUT),
    Tender("*", "1240", TenderClass.PAYS_OUT),
)


def offer() -> SourceOffer[ShopifySettings]:
    """What the plugin offers to the host."""
    return SourceOffer(
        name="shopify",
        title="Shopify",
        version=version("bridge-shopify"),
        capabilities=SourceCapabilities(
            modes=(Mode.DAY, Mode.ORDER, Mode.PAYOUT),
            files=READ,
            accounts=(CLEARING,),
            clearing=CLEARING.number,
            bank="1000",
            prefix="SHP",
            tenders=TENDERS,
            payable=("shopify_payments",),
            streams=STREAMS,
            reports=REPORTS,
            tells_balances=True,
            notices=NOTICES,
        ),
        build=build,
        app_settings=ShopifySettings,
        oauth=oauth,
        hosts=hosts,
        limits=limits,
        access=ACCESS,
        door=DOOR,
    )


def build(context: Context[ShopifySettings]) -> Source:
    """The source of one connection: one that asks the shop itself, where that lets it in."""
    settings = context.app
    if settings.lets_in(context.account):
        from bridge_shopify.pulled import PulledShopify  # loads HTTP, where it is needed

        return PulledShopify(context)
    return ShopifySource(
        context.account,
        max_answer_megabytes=settings.max_answer_megabytes,
        max_file_megabytes=settings.max_file_megabytes,
    )
