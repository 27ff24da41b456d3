"""What Amazon's plugin declares, and the source of a connection: of files, or of an account that is asked."""

from __future__ import annotations

from importlib.metadata import version

from bridge.model.account_classes import AccountClass
from bridge.model.chart import AccountPurpose, ChartAccount
from bridge.model.documents import DocumentKind
from bridge.model.entries import Mode
from bridge.plugin import Context, Source, SourceCapabilities, SourceOffer
from bridge_amazon.files import READ
from bridge_amazon.letting_in import ACCESS
from bridge_amazon.notices import DOOR
from bridge_amazon.operations import LIMITS
from bridge_amazon.settings import AmazonConnection, AmazonSettings, hosts
from bridge_amazon.source import AmazonSource
from bridge_amazon.streams import REPORTS, STREAMS

CLEARING = ChartAccount(
    number="1200",
    name="Amazon clearing",
    account_class=AccountClass.BANK,
    purpose=AccountPurpose.CLEARING,
    note="per seller account and currency; where a ledger takes no journals on a bank account, a current asset",
)


def offer() -> SourceOffer[AmazonSettings, AmazonConnection]:
    """What the plugin offers to the host."""
    return SourceOffer(
        name="amazon",
        title="Amazon",
        version=version("bridge-amazon"),
        capabilities=SourceCapabilities(
            modes=(Mode.PAYOUT,),
            files=READ,
            accounts=(CLEARING,),
            clearing=CLEARING.number,
            bank="1000",
            prefix="AMZ",
            unique=(DocumentKind.SETTLEMENT,),
            streams=STREAMS,
            reports=REPORTS,
            tells_balances=True,
            limits=LIMITS,
        ),
        build=build,
        app_settings=AmazonSettings,
        connection_settings=AmazonConnection,
        hosts=hosts,
        access=ACCESS,
        door=DOOR,
    )


def build(context: Context[AmazonSettings, AmazonConnection]) -> Source:
    """The source of one connection: a PulledSource where the operator has set how its account is asked."""
    app, marketplaces = context.app, context.settings.marketplaces
    seller = app.sellers.get(context.connection)
    if seller is None:
        return AmazonSource(max_file_megabytes=app.max_file_megabytes, marketplaces=marketplaces)
    from bridge_amazon.client import Client  # loads requests, where there is an account to ask
    from bridge_amazon.pulled import AmazonPulled

    return AmazonPulled(
        Client(app, seller, context),
        context.clock,
        account=context.account,
        region=seller.region,
        max_file_megabytes=app.max_file_megabytes,
        marketplaces=marketplaces,
        access_ends=app.access_ends(seller),
    )
