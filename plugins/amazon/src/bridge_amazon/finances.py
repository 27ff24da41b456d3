"""What Amazon's finances API answers, as shapes, and its pages gone through to their end.

Source: models finances_2024-06-19 and transfers_2024-06-01, 2026-08-05. Amounts are JSON numbers, read exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, TypeVar

import msgspec

from bridge.errors import UnavailableError
from bridge.model.money import minor_from_decimal
from bridge_amazon.client import Answer, Client
from bridge_amazon.operations import Operation

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Wire(msgspec.Struct, rename="camel"):
    """An answer, or a part of one."""


class Money(Wire):
    currency_amount: Decimal
    currency_code: str

    @property
    def minor(self) -> int:
        return minor_from_decimal(self.currency_amount, self.currency_code)


class Related(Wire):
    related_identifier_name: str
    related_identifier_value: str = ""


class Partner(Wire):
    marketplace_id: str = ""
    account_type: str = ""


class Listing(Wire):
    """What each list says. next_token: leads on, beside the same arguments."""

    next_token: str | None = None


_L = TypeVar("_L", bound=Listing)


def related(identifiers: list[Related] | None, name: str) -> str:
    """The first identifier of that name; empty for none."""
    return next((one.related_identifier_value for one in identifiers or () if one.related_identifier_name == name), "")


def text_of(at: datetime) -> str:
    """An instant as Amazon takes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def pages(client: Client, operation: Operation, wanted: type[_L], **query: str) -> Iterator[tuple[Answer, _L]]:
    """Every page of a list, some of which may be empty. Network, a call each.

    Raises: as ``Client.get``; UnavailableError where a page leads back to itself.
    """
    token: str | None = None
    while True:
        answer = client.get(operation, **query, **({"nextToken": token} if token else {}))
        page = client.decoded(answer, wanted)
        yield answer, page
        if not page.next_token:
            return
        if page.next_token == token:
            raise UnavailableError(client.thing, f"asked for {operation.name}, it goes round in a circle")
        token = page.next_token
