"""Which function answers which path."""

from collections.abc import Callable

from starlette.routing import Match, Route

from bridge.sandbox.messages import Request, Response, json_response

__all__ = ["Handler", "Routes"]

Handler = Callable[[Request, dict[str, str]], Response]


class Routes:
    """A table of methods and path templates such as ``/v3/company/{realm}/query``; first match answers."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, Route, Handler]] = []

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Let ``handler`` answer ``method`` on ``template``; it is given the named parts of the path."""
        self._routes.append((method, Route(template, handler, methods=[method]), handler))

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """Give the handler for a path and the named parts of it, or None."""
        scope = {"type": "http", "method": method, "path": path.removesuffix("/")}
        for _, route, handler in self._routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                return handler, found["path_params"]
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
        return [f"{method} {route.path}" for method, route, _ in self._routes]
