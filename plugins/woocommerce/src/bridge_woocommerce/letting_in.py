"""What a merchant is asked, so that a shop lets bridge in: pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pydantic import SecretStr

from bridge.errors import ConfigError
from bridge.plugin import Access, Goes, Key, Question, Way
from bridge_woocommerce.addresses import site_of
from bridge_woocommerce.settings import ShopSettings, WooCommerceConnection, WooCommerceSettings

_MADE = "WooCommerce, Settings, Advanced, REST API, Add key: permission Read, a user who manages the shop"
_YES, _NO = frozenset({"yes", "y", "true"}), frozenset({"no", "n", "false"})


def url(answer: str) -> str:
    """The shop's address; https where nothing else is said. Raises: ValueError."""
    plain = answer.strip().rstrip("/")
    plain = plain if "://" in plain else f"https://{plain}"
    if site_of(plain) is None:
        raise ValueError("is no address of a site, such as https://shop.example.com")
    return plain


def beginning(start: str) -> Callable[[str], str]:
    """A check of how an answer begins."""

    def check(answer: str) -> str:
        if not (plain := answer.strip()).startswith(start):
            raise ValueError(f"does not begin with {start}")
        return plain

    return check


def is_plain(answer: str) -> str:
    """Yes or no. Raises: ValueError."""
    plain = answer.strip().casefold()
    if plain not in _YES | _NO:
        raise ValueError("is neither yes nor no")
    return "true" if plain in _YES else "false"


def with_key(app: WooCommerceSettings, key: Key[WooCommerceConnection]) -> WooCommerceSettings:
    """The settings with the key's shop, unless they have it themselves. Raises: ConfigError without an address."""
    if key.connection in app.shops:
        return app
    if not key.settings.url:
        cause = "is missing: bridge has a key, and does not know where the shop is"
        next_step = "Add the shop's address, and run `bridge apply`"
        raise ConfigError(f"[connections.{key.connection}] url", cause, next_step, code="config.missing")
    shop = ShopSettings(
        url=key.settings.url,
        key=SecretStr(key.sealed["key"]),
        secret=SecretStr(key.sealed["secret"]),
        plain_permalinks=key.settings.plain_permalinks,
    )
    return app.model_copy(update={"shops": {**app.shops, key.connection: shop}})


ACCESS: Final = Access[WooCommerceSettings, WooCommerceConnection](
    ways=(
        Way(
            name="key",
            title="a key that may read",
            questions=(
                Question(
                    name="url",
                    prompt="The shop's address",
                    where="With the path that WordPress lies under, if there is one",
                    goes=Goes.SETTING,
                    check=url,
                ),
                Question(
                    name="plain_permalinks",
                    prompt="Does WordPress use plain permalinks",
                    where="WordPress, Settings, Permalinks; most shops do not",
                    goes=Goes.SETTING,
                    default="no",
                    check=is_plain,
                ),
                Question(
                    name="key",
                    prompt="Consumer key",
                    where=_MADE,
                    is_secret=True,
                    check=beginning("ck_"),
                ),
                Question(
                    name="secret",
                    prompt="Consumer secret",
                    where="It is shown once, with the key",
                    is_secret=True,
                    check=beginning("cs_"),
                ),
            ),
        ),
    ),
    with_key=with_key,
    refusals=frozenset({"woocommerce.key", "woocommerce.key_unknown"}),
)
