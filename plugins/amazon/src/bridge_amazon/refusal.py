"""How a file is refused: one shape of error, with the file's name, the line, and what to do next."""

from __future__ import annotations

from bridge.errors import DocumentError

DOWNLOAD_AGAIN = "Download the report again and bring the file as it came, not saved anew by another program"
REPORT_IT = "Nothing was kept; report the line to bridge, so that its reader can learn it"


class Place:
    """Where in which file the reader stands."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, line: int = 0) -> str:
        """The file, and the line (counted from 1, the header's) where there is one."""
        return f"file {self.name}, line {line}" if line else f"file {self.name}"

    def refuse(self, code: str, cause: str, *, line: int = 0, next_step: str = DOWNLOAD_AGAIN) -> DocumentError:
        """The error to raise. code: what follows ``amazon.file.``."""
        return DocumentError(self(line), cause, next_step, code=f"amazon.file.{code}")


class CellError(ValueError):
    """A cell that cannot be read; whoever knows the line turns it into a refusal."""

    def __init__(self, code: str, cause: str, next_step: str = DOWNLOAD_AGAIN) -> None:
        self.code, self.cause, self.next_step = code, cause, next_step
        super().__init__(cause)
