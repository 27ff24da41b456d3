"""Contacts: creating and changing them, and the contact a document names."""

from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["contact_of", "create_contact", "upsert_contact"]

_LONGEST_NAME = 255


def create_contact(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Make a new contact.

    Raises:   InvalidError if its name is taken by another that is active.
    """
    return _write(organisation, {key: value for key, value in given.items() if key != "ContactID"}, None)


def upsert_contact(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Change the contact of that id, number or name, or make one."""
    if given.get("ContactID"):
        found = organisation.get("Contacts", given["ContactID"])
        if found is None:
            raise InvalidError(Text.CONTACT_MISSING)
    else:
        found = _find(organisation, given)
    return _write(organisation, given, found)


def contact_of(organisation: Organisation, document: JsonObject) -> JsonObject:
    """Give the contact a document names: by id, else by number or name, made if there is none of that name.

    Raises:   InvalidError if none is named, or it is unknown or archived.
    """
    given = document.get("Contact") or {}
    if given.get("ContactID"):
        found = organisation.get("Contacts", given["ContactID"])
        if found is None:
            raise InvalidError(Text.CONTACT_MISSING)
    elif given.get("Name") or given.get("ContactNumber"):
        found = _find(organisation, given) or create_contact(organisation, given)
    else:
        raise InvalidError(Text.CONTACT_NEEDED)
    if found["ContactStatus"] != "ACTIVE":
        raise InvalidError(Text.CONTACT_ARCHIVED)
    named_by = {"ContactID"} if given.get("ContactID") else {"Name", "ContactNumber"}
    changes = {key: value for key, value in given.items() if key not in named_by and found.get(key) != value}
    return _write(organisation, changes, found) if changes else found


def _find(organisation: Organisation, given: JsonObject) -> JsonObject | None:
    for key in ("ContactNumber", "Name"):
        for contact in organisation.all("Contacts"):
            if given.get(key) and _same(contact.get(key), given[key]) and contact["ContactStatus"] == "ACTIVE":
                return contact
    return None


def _write(organisation: Organisation, given: JsonObject, old: JsonObject | None) -> JsonObject:
    contact = {"ContactStatus": "ACTIVE", **(old or {}), **given}
    name = contact.get("Name")
    if not name:
        raise InvalidError(Text.FIELD_NEEDED.format(field="Name"))
    if len(name) > _LONGEST_NAME:
        raise InvalidError(Text.TOO_LONG.format(field="Name", most=_LONGEST_NAME))
    for other in organisation.all("Contacts"):
        is_other = other["ContactID"] != contact.get("ContactID")
        if is_other and other["ContactStatus"] == "ACTIVE" and _same(other["Name"], name):
            raise InvalidError(Text.CONTACT_TAKEN.format(name=name))
    return organisation.put("Contacts", contact, changes="Edited" if old else "Created", details=name)


def _same(one: object, other: object) -> bool:
    return str(one).strip().casefold() == str(other).strip().casefold()
