"""Tracking categories: the organisation's own, from its settings."""

import uuid
from collections.abc import Iterable

from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, MissingError, Text
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["check_tracking", "create_category", "create_option", "tracking_categories"]

_NAMESPACE = uuid.UUID("b2d7c1de-6e0c-5b52-8f6a-2f9f4a1f7e11")
_MOST = 2
_LONGEST_NAME = 100


def tracking_categories(organisation: Organisation, *, with_archived: bool = False) -> list[JsonObject]:
    """List the categories with their options as answers show them; archived options only where they are asked for."""
    return [_category(organisation, name, with_archived=with_archived) for name in organisation.settings.tracking]


def create_category(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Add a category without options.

    Raises:   InvalidError if its name is taken, or there are two active ones already.
    """
    name, known = _name(given), organisation.settings.tracking
    if len(known) >= _MOST:
        raise InvalidError(Text.TRACKING_FULL)
    if name.casefold() in map(str.casefold, known):
        raise InvalidError(Text.UNIQUE_NAME)
    organisation.change_settings({"tracking": {**known, name: []}})
    return _category(organisation, name)


def create_option(organisation: Organisation, category_id: str, given: JsonObject) -> JsonObject:
    """Add an option to the category of that id.

    Raises:   InvalidError if its name is taken in it; MissingError if there is no such category.
    """
    name, known = _name(given), organisation.settings.tracking
    category = next((one for one in known if _id(organisation, one) == category_id), None)
    if category is None:
        raise MissingError
    if name.casefold() in map(str.casefold, known[category]):
        raise InvalidError(Text.UNIQUE_NAME)
    organisation.change_settings({"tracking": {**known, category: [*known[category], name]}})
    return _option(organisation, category, name)


def check_tracking(organisation: Organisation, tracking: Iterable[JsonObject]) -> None:
    """Complete a line's tracking with its ids.

    Raises:   InvalidError if there are more than two, or one the organisation does not have, or has archived.
    """
    given = list(tracking)
    if len(given) > _MOST:
        raise InvalidError(Text.TRACKING)
    known = organisation.settings.tracking
    by_id = {_id(organisation, f"{name}/{option}"): (name, option) for name in known for option in known[name]}
    for entry in given:
        named = (str(entry.get("Name", "")), str(entry.get("Option", "")))
        name, option = by_id.get(entry.get("TrackingOptionID", ""), named)
        if option not in known.get(name, ()) or option in organisation.settings.archived_options:
            raise InvalidError(Text.TRACKING_MISSING.format(name=name, option=option))
        entry["Name"], entry["Option"] = name, option
        entry["TrackingCategoryID"] = _id(organisation, name)
        entry["TrackingOptionID"] = _id(organisation, f"{name}/{option}")


def _category(organisation: Organisation, name: str, *, with_archived: bool = False) -> JsonObject:
    options = (_option(organisation, name, one) for one in organisation.settings.tracking[name])
    return {
        "Name": name,
        "Status": "ACTIVE",
        "TrackingCategoryID": _id(organisation, name),
        "Options": [one for one in options if with_archived or one["Status"] == "ACTIVE"],
    }


def _option(organisation: Organisation, category: str, name: str) -> JsonObject:
    is_archived = name in organisation.settings.archived_options
    return {
        "TrackingOptionID": _id(organisation, f"{category}/{name}"),
        "Name": name,
        "Status": "ARCHIVED" if is_archived else "ACTIVE",
    }


def _name(given: JsonObject) -> str:
    name = str(given.get("Name") or "")
    if not name:
        raise InvalidError(Text.FIELD_NEEDED.format(field="Name"))
    if len(name) > _LONGEST_NAME:
        raise InvalidError(Text.TOO_LONG.format(field="Name", most=_LONGEST_NAME))
    return name


def _id(organisation: Organisation, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{organisation.owner}/{name}"))
