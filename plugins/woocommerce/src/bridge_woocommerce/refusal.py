"""How a file is refused: one shape of error, with the file's name, the order or refund, and what to do next."""

from __future__ import annotations

from bridge.errors import DocumentError

SAVE_AGAIN = "Save the shop's answer again, as it came, and bring that file"


class Place:
    """Where the reader stands. thing: the file, or what else it reads from."""

    def __init__(self, thing: str) -> None:
        self._thing = thing

    def __call__(self, what: str = "") -> str:
        """The thing, and the order or refund where there is one."""
        return f"{self._thing}, {what}" if what else self._thing

    def refuse(self, cause: str, *, code: str, what: str = "", next_step: str = SAVE_AGAIN) -> DocumentError:
        """The error to raise."""
        return DocumentError(self(what), cause, next_step, code=code)


class FactError(ValueError):
    """A fact that cannot be read; whoever knows the order or refund turns it into a refusal."""

    def __init__(self, cause: str, *, code: str, next_step: str = SAVE_AGAIN) -> None:
        self.code, self.cause, self.next_step = code, cause, next_step
        super().__init__(cause)
