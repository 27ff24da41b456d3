"""What an operator may set for WooCommerce, and a merchant for one shop."""

from __future__ import annotations

from pydantic import Field, field_validator

from bridge.errors import DocumentError
from bridge.model.money import exponent
from bridge.plugin import AppSettings, ConnectionSettings


class WooCommerceSettings(AppSettings):
    """The operator's settings, under ``[plugins.woocommerce]``.

    max_file_megabytes: a larger file is refused (``woocommerce.file.too_large``) before it is read. An answer holds at
                        most 100 orders, and an order of a hundred lines about 100 kB; the whole file is in memory.
    """

    max_file_megabytes: int = Field(default=64, ge=1, le=1024)


class WooCommerceConnection(ConnectionSettings):
    """One shop.

    currency: the shop's currency, where it sells in no other. A refund does not name its currency; it is the order's,
              and where the order is not at hand, this one. Leave it empty for a shop that sells in several.
    """

    currency: str = Field("", max_length=3)

    @field_validator("currency")
    @classmethod
    def _check_currency(cls, code: str) -> str:
        try:
            exponent(code or "USD")
        except DocumentError as error:
            raise ValueError("must be a currency of ISO 4217, such as USD, or left out") from error
        return code
