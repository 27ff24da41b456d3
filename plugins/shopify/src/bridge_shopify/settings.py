"""What an operator may set for Shopify."""

from __future__ import annotations

from pydantic import Field

from bridge.plugin import AppSettings


class ShopifySettings(AppSettings):
    """The operator's settings, under ``[plugins.shopify]``.

    max_answer_megabytes: a larger saved answer (JSON) is refused (``shopify.file.too_large``): it is held in memory
                          whole, once. Bulk files (JSONL) and exports (CSV) are not bound by it.
    max_file_megabytes:   a larger file of any kind is refused.
    """

    max_answer_megabytes: int = Field(default=256, ge=1, le=2048)
    max_file_megabytes: int = Field(default=4096, ge=1, le=65536)
