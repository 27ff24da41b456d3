"""A fake of the Selling Partner API for one seller account, over real HTTP on loopback.

It gives tokens that end, lists settlement reports, lets them be fetched for five minutes, keeps to the usage plans, and
can be told to fail. ``create_sandbox`` is what ``bridge sandbox amazon`` calls; tests use ``AmazonSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bridge.sandbox import options_told
from bridge_amazon_sandbox.amazon import AmazonSandbox
from bridge_amazon_sandbox.seller import Seller, SellerSettings

__all__ = ["AmazonSandbox", "Seller", "SellerSettings", "create_sandbox"]


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> AmazonSandbox:
    """Start the fake for a person.

    Shape:   options are the fields of ``SellerSettings``: ``marketplaces=amazon.co.uk,amazon.de``. ``data`` is a file
             that keeps the reports over restarts; settings stay as they are there.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    usual = {name: str(value) for name, value in msgspec.structs.asdict(SellerSettings()).items()}
    settings = SellerSettings().changed(options_told(options, usual))
    return AmazonSandbox(port=port, data=data, settings=settings)
