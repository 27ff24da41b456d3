"""What an operator may set for Shopify."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator

from bridge.model.budgets import Limit
from bridge.plugin import AppSettings, BaseUrl, Signing, hosts_of
from bridge_shopify.shop import canonical


class ShopifySettings(AppSettings):
    """The operator's settings, under ``[plugins.shopify]``.

    max_answer_megabytes: a larger saved answer (JSON) is refused (``shopify.file.too_large``): it is held in memory
                          whole, once. Bulk files (JSONL) and exports (CSV) are not bound by it.
    max_file_megabytes:   a larger file of any kind is refused.
    tokens:               for a shop that is asked itself, its domain and the permanent access token of an app in it.
    client_id, client_secret, shops: of an app of one's own organisation, and the domains of the shops in which it is
                          installed: it is given a token of a day for each. A shop that stands in neither is read from
                          files only.
    calls_per_minute:     how often a shop is asked. A standard plan gives back 100 points a second, of which a page of
                          orders takes some two hundred.
    base_url:             a stand-in for every shop's address, such as bridge's sandbox.
    """

    max_answer_megabytes: int = Field(default=256, ge=1, le=2048)
    max_file_megabytes: int = Field(default=4096, ge=1, le=65536)
    tokens: dict[str, SecretStr] = Field(default_factory=dict)
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    shops: tuple[str, ...] = ()
    calls_per_minute: int = Field(default=60, ge=1)
    base_url: BaseUrl = ""

    @model_validator(mode="after")
    def _check_app(self) -> Self:
        if self.shops and not (self.client_id and self.client_secret.get_secret_value()):
            raise ValueError("shops needs client_id and client_secret of the app that is installed in them")
        return self

    def token(self, account: str) -> str:
        """The permanent access token of a connection's shop; empty where there is none."""
        wanted = canonical(account) if account else ""
        found = [token for shop, token in self.tokens.items() if canonical(shop) == wanted]
        return found[0].get_secret_value() if found else ""

    def lets_in(self, account: str) -> bool:
        """Whether a connection's shop can be asked."""
        is_of_app = bool(account) and canonical(account) in map(canonical, self.shops)
        return is_of_app or bool(self.token(account))

    def url(self, account: str) -> str:
        """Where a shop's API is; ``/admin`` follows."""
        return self.base_url or f"https://{canonical(account)}"


def hosts(app: ShopifySettings) -> frozenset[str]:
    """Every host that bridge talks to: the shops that let it in."""
    return hosts_of(*(app.url(shop) for shop in (*app.tokens, *app.shops)))


def limits(app: ShopifySettings) -> tuple[Limit, ...]:
    """What is sent to one shop. The points that Shopify counts in are not known before an answer tells them."""
    return (Limit("requests", app.calls_per_minute, 60),)


def signing(app: ShopifySettings, _connection: str) -> Signing:
    """How webhooks are signed. Source: shopify.dev, webhooks: with the client secret of the app that subscribed."""
    return Signing("X-Shopify-Hmac-Sha256", (app.client_secret.get_secret_value(),))
