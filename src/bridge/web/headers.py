"""What every answer carries, so that a browser does nothing with it that was not meant."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.web.front import Front

POLICY: Final = "Content-Security-Policy"
_STATIC: Final = "/static/"
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy(*leads_to: str) -> str:
    """What a page may load and where its forms may end: here.

    leads_to: origins of others on which a form's answer sends people, such as a vendor's sign-in.
    """
    ends = " ".join(("'self'", *leads_to))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"font-src 'self'; form-action {ends}; base-uri 'none'; frame-ancestors 'none'"
    )


class Headers:
    """Puts them on every answer; a page that has a policy of its own keeps it."""

    def __init__(self, app: ASGIApp, front: Front) -> None:
        self._app = app
        self._always = {**_ALWAYS, POLICY: policy()}
        if front.is_secure:
            self._always["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            app: ASGIApp = PlainTextResponse("Bad Request", status_code=400)  # no database takes a zero byte
        else:
            app = self._app
        caching = "no-cache" if scope["path"].startswith(_STATIC) else "no-store"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**self._always, "Cache-Control": caching}.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, with_headers)
