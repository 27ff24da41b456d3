"""What WooCommerce's plugin declares, and the source of a connection: of files, or of a shop that is asked."""

from __future__ import annotations

from importlib.metadata import version

from bridge.model.entries import Mode
from bridge.plugin import Context, FileType, SourceCapabilities, SourceOffer, Tender, TenderClass
from bridge_woocommerce.addresses import site_of
from bridge_woocommerce.beside import GIFT_CARD, STORE_CREDIT
from bridge_woocommerce.files import WooCommerceSource
from bridge_woocommerce.letting_in import ACCESS
from bridge_woocommerce.notices import DOOR
from bridge_woocommerce.settings import (
    WooCommerceConnection,
    WooCommerceSettings,
    authorization,
    hosts,
    plain_hosts,
)
from bridge_woocommerce.streams import NOTICES, REPORTS, STREAMS

READ = (
    FileType(
        "Orders, as saved from /wp-json/wc/v3/orders (JSON): the answer alone, or with request, status and headers."
    ),
    FileType("Refunds, as saved from /wp-json/wc/v3/refunds or /wp-json/wc/v3/orders/ID/refunds (JSON)."),
)
TENDERS = (
    Tender("stripe*", "1220", TenderClass.PAYS_OUT),
    Tender("ppcp*", "1230", TenderClass.WALLET),
    Tender("paypal*", "1230", TenderClass.WALLET),
    Tender("woocommerce_payments*", "1240", TenderClass.PAYS_OUT),
    Tender("cod", "1250", TenderClass.MANUAL),
    Tender("bacs", "1250", TenderClass.MANUAL),
    Tender("cheque", "1250", TenderClass.MANUAL),
    Tender(GIFT_CARD, "2200", TenderClass.LIABILITY),
    Tender(STORE_CREDIT, "2200", TenderClass.LIABILITY),
    Tender("*", "1240", TenderClass.PAYS_OUT),
)


def offer() -> SourceOffer[WooCommerceSettings, WooCommerceConnection]:
    """What the plugin offers to the host."""
    return SourceOffer(
        name="woocommerce",
        title="WooCommerce",
        version=version("bridge-woocommerce"),
        capabilities=SourceCapabilities(
            modes=(Mode.DAY, Mode.ORDER),
            files=READ,
            clearing="1250",
            bank="1000",
            prefix="WOO",
            tenders=TENDERS,
            joins_orders=True,
            streams=STREAMS,
            reports=REPORTS,
            notices=NOTICES,
        ),
        build=build,
        app_settings=WooCommerceSettings,
        connection_settings=WooCommerceConnection,
        hosts=hosts,
        plain_hosts=plain_hosts,
        authorization=authorization,
        access=ACCESS,
        door=DOOR,
    )


def build(context: Context[WooCommerceSettings, WooCommerceConnection]) -> WooCommerceSource:
    """The source of one connection: a PulledSource where the operator has set how its shop is asked."""
    settings, app = context.settings, context.app
    own = (context.account, *settings.addresses) if context.account else ()
    sites = [site for address in own if (site := site_of(address)) is not None]
    shop = app.shops.get(context.connection)
    if shop is None:
        return WooCommerceSource(max_file_megabytes=app.max_file_megabytes, decimals=settings.decimals, sites=sites)
    from bridge_woocommerce.client import Client  # loads requests, where there is a shop to ask
    from bridge_woocommerce.pulled import WooCommercePulled

    return WooCommercePulled(
        Client(shop, context.session, context.clock),
        account=context.account,
        page_size=app.page_size,
        max_file_megabytes=app.max_file_megabytes,
        decimals=settings.decimals,
        sites=sites,
    )
