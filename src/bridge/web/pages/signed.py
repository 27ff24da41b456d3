"""What people signed, exactly as it was."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge.web.asked import Asked, page

_KINDS = {"html": ("page", "text/html"), "json": ("data", "application/json"), "csv": ("rows", "text/csv")}
_ALONE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
"""A page of its own brings its style and nothing else; whatever it holds, it runs nothing and loads nothing."""


def signed(asked: Asked) -> Response:
    """Every sign-off, by route."""
    found = [asked.app.desk.reviewed(route.name) for route in asked.app.desk.routes()]
    return asked.show("signed.html", routes=[one for one in found if one.signed], every=found)


def signed_one(asked: Asked) -> Response:
    """Who signed what, and the version that they signed."""
    one = asked.app.desk.signed(asked.part("signed"))
    return asked.show("signed_one.html", one=one)


def signed_version(asked: Asked) -> Response:
    """The bytes that were signed."""
    one = asked.app.desk.signed(asked.part("signed"))
    if asked.part("kind") not in _KINDS:
        raise HTTPException(404)
    part, media_type = _KINDS[asked.part("kind")]
    content = b"".join(asked.app.signing.content(getattr(one, part)))
    if media_type == "text/html":
        return on_its_own(Response(content, media_type=media_type))
    return as_file(content, f"{one.route}-{one.through}.{asked.part('kind')}", media_type)


def on_its_own(answer: Response) -> Response:
    """A page that is no part of the site's: it may do nothing."""
    answer.headers["Content-Security-Policy"] = _ALONE
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def as_file(content: bytes, name: str, media_type: str) -> Response:
    """Something to save. name: of letters that any machine takes."""
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "-._") else "_" for one in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)


PAGES = (
    page("/signed", signed),
    page("/signed/{signed}", signed_one),
    page("/signed/{signed}/version.{kind}", signed_version),
)
