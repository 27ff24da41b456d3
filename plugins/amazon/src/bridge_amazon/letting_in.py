"""What a merchant is asked, so that Amazon lets bridge into a seller account: pure."""

from __future__ import annotations

import re
from typing import Final

from pydantic import SecretStr

from bridge.errors import ConfigError
from bridge.plugin import Access, Goes, Key, Question, Way
from bridge_amazon.settings import AmazonConnection, AmazonSettings, Region, SellerSettings

_SELLER = re.compile(r"A[0-9A-Z]{8,20}", re.ASCII)
_APP: Final = "Seller Central, Apps and Services, Develop Apps, the application"


def seller(answer: str) -> str:
    """The seller's id. Raises: ValueError."""
    if not _SELLER.fullmatch(plain := answer.strip().upper()):
        raise ValueError("is no seller id, such as A1B2C3D4E5F6G7")
    return plain


def region(answer: str) -> str:
    """Where the account sells. Raises: ValueError."""
    if (plain := answer.strip().casefold()) not in frozenset(Region):
        raise ValueError(f"is none of {', '.join(Region)}")
    return plain


def token(answer: str) -> str:
    """A refresh token. Raises: ValueError."""
    if not (plain := answer.strip()).startswith("Atzr|"):
        raise ValueError("does not begin with Atzr|")
    return plain


def with_key(app: AmazonSettings, key: Key[AmazonConnection]) -> AmazonSettings:
    """The settings with the key's seller, unless they have it themselves. Raises: ConfigError where something lacks."""
    if key.connection in app.sellers:
        return app
    if key.settings.region is None:
        cause = "is missing: bridge has a key, and does not know where the account sells"
        next_step = f"Add the region, one of {', '.join(Region)}, and run `bridge apply`"
        raise ConfigError(f"[connections.{key.connection}] region", cause, next_step, code="config.missing")
    own = {name: key.sealed[name] for name in ("client_id", "client_secret") if name in key.sealed}
    client_id, secret = own.get("client_id", app.client_id), own.get("client_secret")
    if not client_id:
        cause = "is missing: the refresh token is of the operator's application, and none is set"
        next_step = "Set client_id and client_secret, or connect with an application of your own (way own)"
        raise ConfigError("[plugins.amazon] client_id", cause, next_step, code="config.missing")
    let_in = SellerSettings(region=key.settings.region, refresh_token=SecretStr(key.sealed["refresh_token"]))
    client_secret = app.client_secret if secret is None else SecretStr(secret)
    sellers = {**app.sellers, key.connection: let_in}
    ends = app.secret_expires_on if secret is None else None
    told = {"client_id": client_id, "client_secret": client_secret, "secret_expires_on": ends, "sellers": sellers}
    return app.model_copy(update=told)


_ACCOUNT: Final = (
    Question(
        name="seller",
        prompt="The seller id",
        where="Seller Central, Settings, Account Info, Your Merchant Token: Amazon tells it to no application",
        goes=Goes.ACCOUNT,
        check=seller,
    ),
    Question(
        name="region",
        prompt="Where it sells: na (America), eu (Europe, India, Near East) or fe (Far East)",
        where="A refresh token holds in one of them",
        goes=Goes.SETTING,
        check=region,
    ),
)
_TOKEN: Final = Question(
    name="refresh_token",
    prompt="Refresh token",
    where="It is shown when the seller authorises the application; it begins with Atzr|",
    is_secret=True,
    check=token,
)
ACCESS: Final = Access[AmazonSettings, AmazonConnection](
    ways=(
        Way(
            name="app",
            title="the refresh token that your authorisation of the operator's application gave",
            questions=(*_ACCOUNT, _TOKEN),
        ),
        Way(
            name="own",
            title="a private application of your own: its client id and secret, and the refresh token",
            questions=(
                *_ACCOUNT,
                Question(name="client_id", prompt="Client id", where=f"{_APP}, LWA credentials"),
                Question(
                    name="client_secret", prompt="Client secret", where=f"{_APP}, LWA credentials", is_secret=True
                ),
                _TOKEN,
            ),
        ),
    ),
    with_key=with_key,
    refusals=frozenset({"amazon.client", "amazon.refresh_token", "amazon.denied"}),
)
