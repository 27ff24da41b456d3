"""What an operator may set for Shopify."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator

from bridge.model.budgets import Limit
from bridge.plugin import AppSettings, BaseUrl, OAuth2, hosts_of
from bridge_shopify.access import TOKEN_HEADER
from bridge_shopify.shop import canonical
from bridge_shopify.streams import SCOPES

_FILES = "storage.googleapis.com"  # of shopify.dev's examples; a bulk operation's url says where it is


class ShopifySettings(AppSettings):
    """The operator's settings, under ``[plugins.shopify]``.

    max_answer_megabytes: a larger saved answer (JSON) is refused (``shopify.file.too_large``): it is held in memory
                          whole, once. Bulk files (JSONL) and exports (CSV) are not bound by it.
    max_file_megabytes:   a larger file of any kind is refused.
    tokens:               for a shop that is asked itself, its domain and the permanent access token of an app in it.
    client_id, client_secret: of an app.
    former_client_secret: that was before, while notices may still be signed with it.
    shops:                the domains of shops of one's own organisation in which that app is installed: it is given a
                          token of a day for each.
    merchants:            the domains of shops of others, whose owners let it in (``bridge connections authorize``).
                          A shop that stands nowhere is read from files only.
    scopes:               what those owners are asked to let it read. ``read_all_orders`` takes an app that Shopify lets
                          have it.
    bulk_from_orders:     a window of that many orders is read by a bulk operation: they come faster than they could be
                          asked for in pages, but never at once.
    calls_per_minute:     how often a shop is asked. A standard plan gives back 100 points a second, of which a page of
                          orders takes some two hundred.
    base_url:             a stand-in for every shop's address, such as bridge's sandbox.
    """

    max_answer_megabytes: int = Field(default=256, ge=1, le=2048)
    max_file_megabytes: int = Field(default=4096, ge=1, le=65536)
    tokens: dict[str, SecretStr] = Field(default_factory=dict)
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    former_client_secret: SecretStr = SecretStr("")
    shops: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES
    bulk_from_orders: int = Field(default=1_000, ge=1)
    calls_per_minute: int = Field(default=60, ge=1)
    base_url: BaseUrl = ""

    @model_validator(mode="after")
    def _check_app(self) -> Self:
        if (self.shops or self.merchants) and not (self.client_id and self.client_secret.get_secret_value()):
            raise ValueError("shops and merchants need client_id and client_secret of the app that they let in")
        return self

    def token(self, account: str) -> str:
        """The permanent access token of a connection's shop; empty where there is none."""
        wanted = canonical(account) if account else ""
        found = [token for shop, token in self.tokens.items() if canonical(shop) == wanted]
        return found[0].get_secret_value() if found else ""

    def is_of_merchant(self, account: str) -> bool:
        """Whether the owner of a connection's shop lets the app in."""
        return bool(account) and canonical(account) in map(canonical, self.merchants)

    def lets_in(self, account: str) -> bool:
        """Whether a connection's shop can be asked."""
        is_of_app = bool(account) and canonical(account) in map(canonical, self.shops)
        return is_of_app or self.is_of_merchant(account) or bool(self.token(account))

    def url(self, account: str) -> str:
        """Where a shop's API is; ``/admin`` follows."""
        return self.base_url or f"https://{canonical(account)}"


def hosts(app: ShopifySettings) -> frozenset[str]:
    """Every host that bridge talks to: the shops that let it in, and where files of bulk operations are kept."""
    shops = hosts_of(*(app.url(shop) for shop in (*app.tokens, *app.shops, *app.merchants)))
    return shops | {_FILES} if shops and not app.base_url else shops


def oauth(app: ShopifySettings, account: str) -> OAuth2 | None:
    """How a merchant lets the app into a shop: expiring offline tokens.

    Source: shopify.dev, authorization code grant, and offline access tokens, read 2026-11-29.
    """
    if app.token(account) or not app.is_of_merchant(account):
        return None
    url = app.url(account)
    return OAuth2(
        authorize_url=f"{url}/admin/oauth/authorize",
        token_url=f"{url}/admin/oauth/access_token",
        scopes=(",".join(app.scopes),),
        client_id=app.client_id,
        client_secret=app.client_secret.get_secret_value(),
        signature_parameter="hmac",
        takes_secret_in_body=True,
        code_parameters=(("expiring", "1"),),
        token_header=TOKEN_HEADER,
    )


def limits(app: ShopifySettings) -> tuple[Limit, ...]:
    """What is sent to one shop. The points that Shopify counts in are not known before an answer tells them."""
    return (Limit("requests", app.calls_per_minute, 60),)
