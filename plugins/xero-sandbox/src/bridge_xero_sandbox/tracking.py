"""Tracking categories: the organisation's own, from its settings."""

import uuid
from collections.abc import Iterable

from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["check_tracking", "tracking_categories"]

_NAMESPACE = uuid.UUID("b2d7c1de-6e0c-5b52-8f6a-2f9f4a1f7e11")
_MOST = 2


def tracking_categories(organisation: Organisation) -> list[JsonObject]:
    """List the categories with their options as answers show them."""
    return [
        {
            "Name": name,
            "Status": "ACTIVE",
            "TrackingCategoryID": _id(organisation, name),
            "Options": [
                {"TrackingOptionID": _id(organisation, f"{name}/{option}"), "Name": option, "Status": "ACTIVE"}
                for option in options
            ],
        }
        for name, options in organisation.settings.tracking.items()
    ]


def check_tracking(organisation: Organisation, tracking: Iterable[JsonObject]) -> None:
    """Complete a line's tracking with its ids.

    Raises:   InvalidError if there are more than two, or one the organisation does not have.
    """
    given = list(tracking)
    if len(given) > _MOST:
        raise InvalidError(Text.TRACKING)
    known = organisation.settings.tracking
    by_id = {_id(organisation, f"{name}/{option}"): (name, option) for name in known for option in known[name]}
    for entry in given:
        named = (str(entry.get("Name", "")), str(entry.get("Option", "")))
        name, option = by_id.get(entry.get("TrackingOptionID", ""), named)
        if option not in known.get(name, ()):
            raise InvalidError(Text.TRACKING_MISSING.format(name=name, option=option))
        entry["Name"], entry["Option"] = name, option
        entry["TrackingCategoryID"] = _id(organisation, name)
        entry["TrackingOptionID"] = _id(organisation, f"{name}/{option}")


def _id(organisation: Organisation, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{organisation.owner}/{name}"))
