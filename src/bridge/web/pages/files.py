"""Files of a channel that a person brings: looked at first, taken in when they are what was meant."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.responses import Response

from bridge.errors import ConfigError
from bridge.host.uploads import Owner
from bridge.ingest import FileOnDisk, inspect_files
from bridge.web.asked import Asked, action, page, upload
from bridge.web.pages.connections import one_shown
from bridge.web.people import Role


def bring_file(asked: Asked) -> Response:
    """Hold the file, and look at it."""
    shown, file = one_shown(asked), asked.form.get("file")
    name = shown.connection.name
    if not shown.is_channel:
        raise ConfigError(f"connection {name}", "is a ledger", "Bring files of a channel", code="ingest.connection")
    if not isinstance(file, UploadFile) or not file.size:
        raise ConfigError("the file", "is empty, or none was chosen", "Choose one, and send it", code="ingest.file")
    return asked.go("brought_file", name=name, token=_held(asked, file))


def brought_file(asked: Asked) -> Response:
    """What the channel's reader makes of it; nothing is stored."""
    shown, host = one_shown(asked), asked.app.host
    name, token = shown.connection.name, asked.part("token")
    file = FileOnDisk(_found(asked))
    joins_orders = host.source_offer(name).capabilities.joins_orders
    found = inspect_files(host.source(name), [file], joins_orders=joins_orders)
    return asked.show("connection_file.html", shown=shown, file=file, found=found, token=token)


def take_in_file(asked: Asked) -> Response:
    """Import it and book it; nothing is sent. Twice: the file is held no more, and its content would change nothing."""
    name, token = asked.part("name"), asked.part("token")
    file = _found(asked)
    done = asked.app.story.import_files(name, [file], actor=asked.actor)
    asked.app.uploads.forget(asked.organisation, token)
    return asked.go_with("first_run", {"run": str(done.run.number)}, name=name)


def _held(asked: Asked, file: UploadFile) -> str:
    return asked.app.uploads.keep(_owner(asked), file.filename or "", file.file, asked.app.clock.now())


def _found(asked: Asked) -> Path:
    return asked.app.uploads.find(_owner(asked), asked.part("token"), asked.app.clock.now())


def _owner(asked: Asked) -> Owner:
    return asked.organisation, asked.part("name"), asked.person.person_id


PAGES = (
    upload("/connections/{name}/files", bring_file),
    page("/connections/{name}/files/{token}", brought_file, Role.BOOKKEEPER),
    action("/connections/{name}/files/{token}", take_in_file),
)
