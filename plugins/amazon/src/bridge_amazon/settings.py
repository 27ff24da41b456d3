"""What an operator may set for Amazon."""

from __future__ import annotations

from pydantic import Field

from bridge.plugin import AppSettings


class AmazonSettings(AppSettings):
    """The operator's settings, under ``[plugins.amazon]``.

    max_file_megabytes: a larger file is refused (``amazon.file.too_large``) before it is read. The largest real
                        settlements have some hundred thousand rows, about 150 bytes each.
    """

    max_file_megabytes: int = Field(default=512, ge=1, le=4096)
