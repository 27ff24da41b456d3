"""How a file is refused: one shape of error, with the file's name, the place in it, and what to do next."""

from __future__ import annotations

from bridge.errors import DocumentError

SAVE_AGAIN = "Save the answer again, as it came, with the query that comes with the plugin"
DOWNLOAD_AGAIN = "Download it again and bring the file as it came, not saved anew by another program"


class Place:
    """Where in which file the reader stands."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, at: str = "") -> str:
        """The file, and the place in it where there is one."""
        return f"file {self.name}, {at}" if at else f"file {self.name}"

    def refuse(self, cause: str, *, code: str, at: str = "", next_step: str = SAVE_AGAIN) -> DocumentError:
        """The error to raise. cause: never a value out of the file, which may be a buyer's."""
        return DocumentError(self(at), cause, next_step, code=code)


class FactError(ValueError):
    """A value that cannot be meant; whoever knows the place turns it into a refusal. cause: without the value."""

    def __init__(self, cause: str, *, code: str = "shopify.file.shape") -> None:
        self.cause, self.code = cause, code
        super().__init__(cause)
