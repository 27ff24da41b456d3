"""What a merchant is asked, so that a shop lets bridge in: pure."""

from __future__ import annotations

import re
from typing import Final

from pydantic import SecretStr

from bridge.model.channel import ChannelFacts
from bridge.plugin import Access, ConnectionSettings, Goes, Key, Question, Way
from bridge_shopify.settings import ShopifySettings
from bridge_shopify.shop import canonical
from bridge_shopify.streams import ALL_ORDERS, SEEN_DAYS, STREAMS

_ADMIN = re.compile(r"(?:https?://)?admin\.shopify\.com/store/([A-Za-z0-9-]+)", re.ASCII)
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com", re.ASCII)
_TOKEN = re.compile(r"shp(?!ss)[a-z]{2}_\w+", re.ASCII)
_INSTALL = "Add it to the app's scopes, and install the app again"


def shop(answer: str) -> str:
    """The shop's own domain. Raises: ValueError."""
    found = _ADMIN.match(answer.strip())
    domain = canonical(found[1] if found else answer)
    if not _SHOP.fullmatch(domain):
        raise ValueError("is not the address that ends in .myshopify.com")
    return domain


def token(answer: str) -> str:
    """An access token. Raises: ValueError."""
    if not _TOKEN.fullmatch(plain := answer.strip()):
        raise ValueError("is no access token: those begin with shpat_, and a secret with shpss_")
    return plain


def with_key(app: ShopifySettings, key: Key[ConnectionSettings]) -> ShopifySettings:
    """The settings with the key's shop, unless they let it in themselves."""
    if app.lets_in(key.account):
        return app
    if key.sealed["way"] == "token":
        return app.model_copy(update={"tokens": {**app.tokens, key.account: SecretStr(key.sealed["token"])}})
    own = {"client_id": key.sealed["client_id"], "client_secret": SecretStr(key.sealed["client_secret"])}
    return app.model_copy(update={**own, "shops": (key.account,)})


def lacking(facts: ChannelFacts) -> tuple[str, ...]:
    """What the app does not let bridge read."""
    told = [
        f"{stream.name} are not read, for the app lacks {scope}. {_INSTALL}"
        for stream in STREAMS
        for scope in stream.grants
        if scope not in facts.grants
    ]
    if ALL_ORDERS not in facts.grants:
        told.append(
            f"orders of the last {SEEN_DAYS} days alone are seen, for the app lacks {ALL_ORDERS}. Ask Shopify for it, "
            "or bring what is older as files"
        )
    return tuple(told)


_ACCOUNT: Final = Question(
    name="shop",
    prompt="The shop",
    where="Its address ends in .myshopify.com; the admin's address, admin.shopify.com/store/..., names it too",
    goes=Goes.ACCOUNT,
    check=shop,
)
ACCESS: Final = Access[ShopifySettings, ConnectionSettings](
    ways=(
        Way(
            name="app",
            title="an app of your own, made in Shopify's Dev Dashboard: its client id and secret",
            questions=(
                _ACCOUNT,
                Question(name="client_id", prompt="Client id", where="Dev Dashboard, the app, Settings: Client ID"),
                Question(
                    name="client_secret",
                    prompt="Client secret",
                    where="Dev Dashboard, the app, Settings: Secret",
                    is_secret=True,
                ),
            ),
        ),
        Way(
            name="token",
            title="the permanent token of an app that was made in the shop's admin before 2026",
            questions=(
                _ACCOUNT,
                Question(
                    name="token",
                    prompt="Access token",
                    where="The admin, Settings, Apps, Develop apps, the app, API credentials; it begins with shpat_",
                    is_secret=True,
                    check=token,
                ),
            ),
        ),
    ),
    with_key=with_key,
    refusals=frozenset({"shopify.token"}),
    lacking=lacking,
)
