"""What an operator may set for Amazon, and a merchant for one seller account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from bridge.plugin import AppSettings, ConnectionSettings

Marketplace = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$", max_length=60)]


class AmazonSettings(AppSettings):
    """The operator's settings, under ``[plugins.amazon]``.

    max_file_megabytes: a larger file is refused (``amazon.file.too_large``) before it is read. The largest real
                        settlements have some hundred thousand rows, about 150 bytes each.
    """

    max_file_megabytes: int = Field(default=512, ge=1, le=4096)


class AmazonConnection(ConnectionSettings):
    """One seller account.

    marketplaces: those it sells on, as Amazon names them in its reports (``Amazon.co.uk``). A report does not name the
                  seller it belongs to; by these a report of another account is known and refused
                  (``amazon.file.marketplace``). Without any, every report is taken.
    """

    marketplaces: tuple[Marketplace, ...] = ()
