"""What is asked so that a person can let bridge into a company: of which Intuit app. Pure."""

from __future__ import annotations

from typing import Final

from pydantic import SecretStr

from bridge.plugin import Access, Key, Question, Way
from bridge_quickbooks.settings import API_URLS, QuickBooksConnection, QuickBooksSettings

_KEYS: Final = "developer.intuit.com, your app, Keys and credentials"


def environment(answer: str) -> str:
    """Whose companies the app's keys open. Raises: ValueError."""
    if (chosen := answer.strip().lower()) not in API_URLS:
        raise ValueError(f"is none of {', '.join(API_URLS)}")
    return chosen


def with_key(app: QuickBooksSettings, key: Key[QuickBooksConnection]) -> QuickBooksSettings:
    """The settings with the app that was answered, unless they name one themselves."""
    if app.client_id:
        return app
    sealed = key.sealed
    own = {"client_id": sealed["client_id"], "client_secret": SecretStr(sealed["client_secret"])}
    return app.model_copy(update={**own, "environment": sealed["environment"]})


ACCESS: Final = Access[QuickBooksSettings, QuickBooksConnection](
    ways=(
        Way(
            name="app",
            title="an Intuit app of your own, and a sign-in to the company",
            questions=(
                Question(name="client_id", prompt="Client id", where=f"{_KEYS}: Client ID"),
                Question(name="client_secret", prompt="Client secret", where=f"{_KEYS}: Client secret", is_secret=True),
                Question(
                    name="environment",
                    prompt="Which keys",
                    where="production; or sandbox for development keys, which only open Intuit's test companies",
                    default="production",
                    check=environment,
                ),
            ),
            signs_in=True,
        ),
    ),
    with_key=with_key,
)
