"""Which function answers which path."""

import re
from collections.abc import Callable

from bridge.sandbox.messages import Request, Response, json_response

__all__ = ["Handler", "Routes"]

Handler = Callable[[Request, dict[str, str]], Response]


class Routes:
    """A table of methods and path templates such as ``/v3/company/{realm}/query``; first match answers."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], str, Handler]] = []

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Let ``handler`` answer ``method`` on ``template``; it is given the named parts of the path."""
        pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)) + "/?")
        self._routes.append((method, pattern, template, handler))

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """Give the handler for a path and the named parts of it, or None."""
        for wanted, pattern, _, handler in self._routes:
            if wanted == method and (match := pattern.fullmatch(path)):
                return handler, match.groupdict()
        return None

    def handle(self, request: Request) -> Response:
        """Answer a request, or 404 with the list of what there is."""
        found = self.find(request.method, request.path)
        if found is None:
            return json_response({"error": "no such path", "paths": self.listing()}, 404)
        handler, parts = found
        return handler(request, parts)

    def listing(self) -> list[str]:
        """List every route, for people."""
        return [f"{method} {template}" for method, _, template, _ in self._routes]
