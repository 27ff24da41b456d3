"""How a settlement report is refused: with what another program did to it, and what to bring instead."""

from __future__ import annotations

from bridge.errors import DocumentError
from bridge.plugin.reading import Place

WHERE = (
    "in Seller Central, Payments, Reports repository, the settlement's 'Flat File V2', as the .txt that is downloaded"
)
DOWNLOAD_AGAIN = f"Download the report again and bring the file as it came: {WHERE}"
REPORT_IT = "Nothing was kept; report the line to bridge, so that its reader can learn it"


class ReportPlace(Place):
    """Where in which report the reader stands. changes: what another program did to the file, if anything."""

    def __init__(self, name: str, changes: str = "") -> None:
        super().__init__(f"file {name}", channel="amazon", next_step=DOWNLOAD_AGAIN)
        self.changes = changes

    def refuse(self, code: str, cause: str, *, at: str | int = "", next_step: str = "") -> DocumentError:
        """As any place, with the changes beside the cause: they may be it."""
        if self.changes:
            cause = f"{cause}; it is a settlement report that another program saved anew ({self.changes})"
            next_step = "" if next_step == REPORT_IT else next_step
        return super().refuse(code, cause, at=at, next_step=next_step)
