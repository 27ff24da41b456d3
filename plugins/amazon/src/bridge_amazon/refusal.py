"""How a file is refused: one shape of error, with the file's name, the line, and what to do next."""

from __future__ import annotations

from bridge.errors import DocumentError

WHERE = (
    "in Seller Central, Payments, Reports repository, the settlement's 'Flat File V2', as the .txt that is downloaded"
)
DOWNLOAD_AGAIN = f"Download the report again and bring the file as it came: {WHERE}"
REPORT_IT = "Nothing was kept; report the line to bridge, so that its reader can learn it"


class Place:
    """Where in which file the reader stands. changes: what another program did to the file, if anything."""

    def __init__(self, name: str, changes: str = "") -> None:
        self.name, self.changes = name, changes

    def __call__(self, line: int = 0) -> str:
        """The file, and the line (counted from 1, the header's) where there is one."""
        return f"file {self.name}, line {line}" if line else f"file {self.name}"

    def refuse(self, code: str, cause: str, *, line: int = 0, next_step: str = DOWNLOAD_AGAIN) -> DocumentError:
        """The error to raise. code: what follows ``amazon.file.``."""
        if self.changes:
            cause = f"{cause}; it is a settlement report that another program saved anew ({self.changes})"
            next_step = DOWNLOAD_AGAIN if next_step == REPORT_IT else next_step
        return DocumentError(self(line), cause, next_step, code=f"amazon.file.{code}")


class CellError(ValueError):
    """A cell that cannot be read; whoever knows the line turns it into a refusal."""

    def __init__(self, code: str, cause: str, next_step: str = DOWNLOAD_AGAIN) -> None:
        self.code, self.cause, self.next_step = code, cause, next_step
        super().__init__(cause)
