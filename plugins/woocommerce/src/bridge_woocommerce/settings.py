"""What an operator may set for WooCommerce, and a merchant for one shop."""

from __future__ import annotations

from pydantic import Field, field_validator

from bridge.plugin import AppSettings, ConnectionSettings
from bridge_woocommerce.addresses import site_of


class WooCommerceSettings(AppSettings):
    """The operator's settings, under ``[plugins.woocommerce]``.

    max_file_megabytes: a larger file is refused (``woocommerce.file.too_large``) before it is read, and one that
                        becomes larger when it is unpacked. An order of a hundred lines has about 100 kB.
    """

    max_file_megabytes: int = Field(default=1024, ge=1, le=8192)


class WooCommerceConnection(ConnectionSettings):
    """One shop.

    decimals:  how many the shop shows (WooCommerce, Settings, General, Number of decimals), where that cannot be read
               from its answers: so far rounding may go, and no further.
    addresses: under which the shop answers besides the connection's account: a former one, one of another language.
    """

    decimals: int | None = Field(default=None, ge=0, le=4)
    addresses: tuple[str, ...] = ()

    @field_validator("addresses")
    @classmethod
    def _check_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if any(site_of(address) is None for address in addresses):
            raise ValueError("must be addresses of sites, such as shop.example.com")
        return addresses
