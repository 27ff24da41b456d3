"""The hands of somebody who edits books behind our back."""

from typing import Any, Generic, TypeVar

from bridge.sandbox.operations import carry_out

__all__ = ["Tampering"]

B = TypeVar("B")


class Tampering(Generic[B]):
    """Every public method of a subclass is an operation that the admin door can be told to carry out."""

    def __init__(self, books: B) -> None:
        self._books = books

    def carry_out(self, order: dict[str, Any]) -> object:
        """Carry out an order of the admin door: ``{"op": "void", "entity": "Invoice", "id": "…"}``.

        Raises:   BadRequestError if the operation or its arguments are unknown.
        """
        operations = {name: found for name, found in vars(type(self)).items() if not name.startswith("_")}
        return carry_out(operations, self, order)
