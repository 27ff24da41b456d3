"""Xero for bridge: hook implementations, nothing else."""

from __future__ import annotations

from importlib.metadata import version

from bridge.plugin import SinkOffer, SinkRegister, hookimpl
from bridge_xero.letting_in import ACCESS, GRANT
from bridge_xero.notices import DOOR
from bridge_xero.settings import XeroConnection, XeroSettings, hosts, limits, oauth
from bridge_xero.sink import CAPABILITIES, XeroSink


@hookimpl
def bridge_register_sinks(register: SinkRegister) -> None:
    """Offer Xero as a ledger."""
    register.add(
        SinkOffer(
            name="xero",
            title="Xero",
            version=version("bridge-xero"),
            capabilities=CAPABILITIES,
            build=XeroSink,
            app_settings=XeroSettings,
            connection_settings=XeroConnection,
            oauth=oauth,
            hosts=hosts,
            limits=limits,
            access=ACCESS,
            grant=GRANT,
            door=DOOR,
        )
    )
