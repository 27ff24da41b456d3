"""What an operator may set for Amazon, and a merchant for one seller account."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from bridge.plugin import AppSettings, BaseUrl, ConnectionSettings, hosts_of

Marketplace = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$", max_length=60)]
TOKENS = "https://api.amazon.com"


class Region(StrEnum):
    """Where a seller account is: an authorisation holds in one of them."""

    NA = "na"
    EU = "eu"
    FE = "fe"

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"https://sellingpartnerapi-{self}.amazon.com"


class SellerSettings(BaseModel):
    """How one seller account is asked, under ``[plugins.amazon.sellers.NAME]``: NAME is the connection's.

    region:           where it sells: ``na`` (America), ``eu`` (Europe, India, the Near East), ``fe`` (Far East).
    refresh_token:    what the seller's authorisation of the application gave.
    authorized_until: the day on which that ends, as Seller Central shows it: Amazon does not tell an application.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    region: Region
    refresh_token: SecretStr = Field(min_length=1)
    authorized_until: date | None = None


class AmazonSettings(AppSettings):
    """The operator's settings, under ``[plugins.amazon]``.

    max_file_megabytes: a larger file is refused (``amazon.file.too_large``) before it is read, or while it is unpacked.
                        The largest real settlements have some hundred thousand rows, about 150 bytes each.
    client_id, client_secret: of the operator's application at Amazon, public or private (Login with Amazon).
    secret_expires_on: the day on which the secret ends, as the developer console shows it: Amazon tells it nobody else.
    sellers:           the seller accounts that are asked, by connection; one that is not among them is read from files.
    document_hosts:    where Amazon lets reports be fetched from; nothing is fetched from anywhere else.
    notices_key:       that an event bus of the operator's bears in ``X-Bridge-Key`` when it hands notifications on;
                       without it none is believed.
    base_url:          a stand-in for all of Amazon's addresses, such as bridge's sandbox.
    """

    max_file_megabytes: int = Field(default=512, ge=1, le=4096)
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    secret_expires_on: date | None = None
    sellers: dict[str, SellerSettings] = Field(default_factory=dict)
    document_hosts: tuple[str, ...] = (
        "tortuga-prod-na.s3-external-1.amazonaws.com",
        "tortuga-prod-eu.s3-eu-west-1.amazonaws.com",
        "tortuga-prod-fe.s3-us-west-2.amazonaws.com",
    )
    notices_key: SecretStr = SecretStr("")
    base_url: BaseUrl = ""

    @model_validator(mode="after")
    def _check_app(self) -> Self:
        if self.sellers and not (self.client_id and self.client_secret.get_secret_value()):
            raise ValueError("sellers needs client_id and client_secret of the application that they authorised")
        return self

    def access_ends(self, seller: SellerSettings) -> tuple[tuple[str, datetime], ...]:
        """What ends by itself, with the beginning of the day on which it does, as far as that was set."""
        days = (
            ("the application's secret (make a new one in the developer console)", self.secret_expires_on),
            ("the seller's authorisation (renew it in Seller Central)", seller.authorized_until),
        )
        return tuple((what, datetime.combine(day, time(), UTC)) for what, day in days if day is not None)

    @property
    def fetched_from(self) -> frozenset[str]:
        """The hosts of which reports are fetched."""
        return hosts_of(self.base_url) if self.base_url else frozenset(self.document_hosts)


class AmazonConnection(ConnectionSettings):
    """One seller account.

    marketplaces: those it sells on, as Amazon names them in its reports (``Amazon.co.uk``). A report does not name the
                  seller it belongs to; by these a report of another account is known and refused
                  (``amazon.file.marketplace``). Without any, every report is taken. Where the account is asked, reports
                  of its other marketplaces are passed over: another connection may ask for them.
    region:       where it sells, where its key is sealed (`bridge connections add`) and not among the settings.
    """

    region: Region | None = None
    marketplaces: tuple[Marketplace, ...] = ()


def hosts(app: AmazonSettings) -> frozenset[str]:
    """Every host that bridge talks to."""
    if not app.sellers:
        return frozenset()
    own = [app.base_url] if app.base_url else [TOKENS, *(seller.region.url for seller in app.sellers.values())]
    return hosts_of(*own) | app.fetched_from
