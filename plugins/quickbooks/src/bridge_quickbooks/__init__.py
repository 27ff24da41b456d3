"""QuickBooks Online for bridge: hook implementations, nothing else."""

from __future__ import annotations

from importlib.metadata import version

from bridge.plugin import SinkOffer, SinkRegister, hookimpl
from bridge_quickbooks.letting_in import ACCESS
from bridge_quickbooks.notices import DOOR
from bridge_quickbooks.settings import QuickBooksConnection, QuickBooksSettings, hosts, limits, oauth
from bridge_quickbooks.sink import CAPABILITIES, QuickBooksSink


@hookimpl
def bridge_register_sinks(register: SinkRegister) -> None:
    """Offer QuickBooks Online as a ledger."""
    register.add(
        SinkOffer(
            name="quickbooks",
            title="QuickBooks Online",
            version=version("bridge-quickbooks"),
            capabilities=CAPABILITIES,
            build=QuickBooksSink,
            app_settings=QuickBooksSettings,
            connection_settings=QuickBooksConnection,
            oauth=oauth,
            hosts=hosts,
            limits=limits,
            access=ACCESS,
            door=DOOR,
        )
    )
