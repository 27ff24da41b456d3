"""What an operator may set for WooCommerce, and a merchant for one shop."""

from __future__ import annotations

from base64 import b64encode
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from bridge.plugin import AppSettings, BaseUrl, ConnectionSettings, base_url, hosts_of
from bridge_woocommerce.addresses import site_of

_PLAIN: Final = (
    "; where there is none, set `allow_plain_http = true` beside it, and whoever is on the way can read along"
)


class ShopSettings(BaseModel):
    """How one shop is asked, under ``[plugins.woocommerce.shops.NAME]``: NAME is the connection's.

    allow_plain_http: whether it may be asked by ``http://`` over a network: the key stays secret, for calls are signed,
                 and everybody on the way can read the orders, and change them.
    url:         the shop's address, with the path that WordPress lies under.
    key, secret: of a key that may read, of a user who manages the shop (``ck_...``, ``cs_...``).
    webhook_secret: that its webhooks are signed with, where it sends any; else no notice of it is believed.
    plain_permalinks: whether its addresses have no names (Settings, Permalinks, Plain): only ``?rest_route=`` answers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    allow_plain_http: bool = False
    url: str = Field(min_length=1)
    key: SecretStr = Field(min_length=1)
    secret: SecretStr = Field(min_length=1)
    webhook_secret: SecretStr = SecretStr("")
    plain_permalinks: bool = False

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str, told: ValidationInfo) -> str:
        parts = urlsplit(url)
        is_plain = parts.scheme == "http" and bool(parts.hostname)
        if is_plain and told.data.get("allow_plain_http"):
            return url.rstrip("/")
        try:
            return base_url(url)
        except ValueError as error:
            raise ValueError(f"{error}{_PLAIN if is_plain else ''}") from None

    @property
    def is_signed(self) -> bool:
        """Whether its calls are signed: by plain http WooCommerce looks at no other key."""
        return urlsplit(self.url).scheme == "http"


class WooCommerceSettings(AppSettings):
    """The operator's settings, under ``[plugins.woocommerce]``.

    max_file_megabytes: a larger file is refused (``woocommerce.file.too_large``) before it is read, and one that
                        becomes larger when it is unpacked. An order of a hundred lines has about 100 kB.
    shops:     the shops that are asked, by connection; one that is not among them is read from files.
    page_size: orders asked for at a time; fewer for a shop that is too slow to answer.
    """

    max_file_megabytes: int = Field(default=1024, ge=1, le=8192)
    shops: dict[str, ShopSettings] = Field(default_factory=dict)
    page_size: int = Field(default=100, ge=1, le=100)


class WooCommerceConnection(ConnectionSettings):
    """One shop.

    decimals:  how many the shop shows (WooCommerce, Settings, General, Number of decimals), where that cannot be read
               from its answers: so far rounding may go, and no further.
    addresses: under which the shop answers besides the connection's account: a former one, one of another language.
    url, plain_permalinks: where a shop is asked whose key `bridge connections add` took: as in ``ShopSettings``.
    """

    url: BaseUrl = ""
    plain_permalinks: bool = False
    decimals: int | None = Field(default=None, ge=0, le=4)
    addresses: tuple[str, ...] = ()

    @field_validator("addresses")
    @classmethod
    def _check_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if any(site_of(address) is None for address in addresses):
            raise ValueError("must be addresses of sites, such as shop.example.com")
        return addresses


def hosts(app: WooCommerceSettings) -> frozenset[str]:
    """Every host that is asked."""
    return hosts_of(*(shop.url for shop in app.shops.values()))


def plain_hosts(app: WooCommerceSettings) -> frozenset[str]:
    """Those that are asked without encryption, on the operator's word."""
    return hosts_of(*(shop.url for shop in app.shops.values() if shop.allow_plain_http and shop.is_signed))


def authorization(app: WooCommerceSettings, connection: str) -> str:
    """By which header a connection's shop lets bridge in; empty for one that is read from files.

    Source: WooCommerce 10.5.0: HTTP Basic with key and secret, over https, or behind what speaks https for the shop.
    """
    shop = app.shops.get(connection)
    if shop is None:
        return ""
    return "Basic " + b64encode(f"{shop.key.get_secret_value()}:{shop.secret.get_secret_value()}".encode()).decode()
