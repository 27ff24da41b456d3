"""The OAuth 2 endpoints: consent page, token exchange with or without PKCE, revocation, connections."""

import base64
import binascii
import hmac
from collections.abc import Callable
from html import escape
from urllib.parse import urlencode, urlsplit

from bridge.sandbox import Request, Response, Routes, html_response, json_response
from bridge_xero.sandbox.tokens import ACCESS_SECONDS, Connection, GrantError, Pair, TokenDesk

__all__ = ["AUTHORIZE_PATH", "CONNECTIONS_PATH", "REVOKE_PATH", "TOKEN_PATH", "OAuthDoor", "bearer"]

AUTHORIZE_PATH = "/identity/connect/authorize"
TOKEN_PATH = "/connect/token"  # noqa: S105 - a path
REVOKE_PATH = "/connect/revocation"
CONNECTIONS_PATH = "/connections"
_NEEDED = ("client_id", "response_type", "scope", "redirect_uri", "state")


class OAuthDoor:
    """Answers what lies outside the accounting API for one application."""

    def __init__(
        self, desk: TokenDesk, *, client_id: str, client_secret: str, organisations: Callable[[], dict[str, str]]
    ) -> None:
        self._desk = desk
        self._client_id = client_id
        self._client_secret = client_secret
        self._organisations = organisations
        self._routes = Routes()
        self._routes.add("GET", AUTHORIZE_PATH, self._authorize)
        self._routes.add("POST", TOKEN_PATH, self._tokens)
        self._routes.add("POST", REVOKE_PATH, self._revoke)
        for path in (CONNECTIONS_PATH, CONNECTIONS_PATH.title()):  # both are written, in pages and in the OpenAPI
            self._routes.add("GET", path, self._list_connections)
            self._routes.add("DELETE", path + "/{id}", self._delete_connection)

    def answers(self, request: Request) -> bool:
        """Tell whether a request is for this door."""
        return self._routes.find(request.method, request.path) is not None

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        return self._routes.handle(request)

    def _authorize(self, request: Request, _parts: dict[str, str]) -> Response:
        query = request.query
        missing = [name for name in _NEEDED if not query.get(name)]
        if missing:
            return html_response(f"<p>Missing: {escape(', '.join(missing))}</p>", 400)
        if query["client_id"] != self._client_id or query["response_type"] != "code":
            return html_response("<p>This application is not known here.</p>", 400)
        if urlsplit(query["redirect_uri"]).scheme not in {"http", "https"}:
            return html_response("<p>The redirect_uri must be a web address.</p>", 400)
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            return html_response("<p>The code_challenge_method must be S256.</p>", 400)
        if query.get("deny"):
            return _redirect(query["redirect_uri"], {"error": "access_denied", "state": query["state"]})
        chosen = [tenant for tenant in query.get("tenant", "").split(",") if tenant in self._organisations()]
        if not chosen:
            return html_response(self._consent_page(request))
        code = self._desk.consent(chosen, query["redirect_uri"], query.get("code_challenge", ""), query["scope"])
        return _redirect(query["redirect_uri"], {"code": code, "scope": query["scope"], "state": query["state"]})

    def _consent_page(self, request: Request) -> str:
        rows = "".join(
            f"<li>{escape(name)} <small>{escape(tenant)}</small>"
            f' <a href="?{escape(urlencode({**request.query, "tenant": tenant}))}">Allow access</a></li>'
            for tenant, name in self._organisations().items()
        )
        deny = escape(urlencode({**request.query, "deny": "1"}))
        return (
            "<!doctype html><meta charset=utf-8><title>Xero sandbox</title>"
            f'<h1>Which organisation may be connected?</h1><ul>{rows}</ul><p><a href="?{deny}">Cancel</a></p>'
        )

    def _tokens(self, request: Request, _parts: dict[str, str]) -> Response:
        form = request.form()
        is_public = self._desk.is_public(code=form.get("code", ""), refresh=form.get("refresh_token", ""))
        if not self._is_our_client(request, form, is_public=is_public):
            return json_response({"error": "invalid_client"}, 400)
        try:
            match form.get("grant_type"):
                case "authorization_code":
                    code, address = form.get("code", ""), form.get("redirect_uri", "")
                    pair = self._desk.redeem(code, address, form.get("code_verifier", ""))
                case "refresh_token":
                    pair = self._desk.refresh(form.get("refresh_token", ""))
                case _:
                    return json_response({"error": "unsupported_grant_type"}, 400)
        except GrantError:
            return json_response({"error": "invalid_grant"}, 400)
        return json_response(_token_answer(pair))

    def _revoke(self, request: Request, _parts: dict[str, str]) -> Response:
        form = request.form()
        is_public = self._desk.is_public(refresh=form.get("token", ""))
        if not self._is_our_client(request, form, is_public=is_public):
            return json_response({"error": "invalid_client"}, 400)
        self._desk.revoke(form.get("token", ""))
        return Response(200)

    def _list_connections(self, request: Request, _parts: dict[str, str]) -> Response:
        if self._desk.event_of(bearer(request)) is None:
            return json_response({"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"}, 401)
        wanted = request.query.get("authEventId")
        names = self._organisations()
        found = [one for one in self._desk.connections() if not wanted or one.event == wanted]
        return json_response([_shown(one, names.get(one.tenant, "")) for one in found])

    def _delete_connection(self, request: Request, parts: dict[str, str]) -> Response:
        if self._desk.event_of(bearer(request)) is None:
            return json_response({"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"}, 401)
        for one in self._desk.connections():
            if one.id == parts["id"]:
                self._desk.disconnect(one.tenant)
                return Response(204)
        return Response(404)

    def _is_our_client(self, request: Request, form: dict[str, str], *, is_public: bool) -> bool:
        given = f"{form.get('client_id', '')}:{form.get('client_secret', '')}".encode()
        scheme, _, encoded = request.header("authorization").partition(" ")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                return False
        if is_public and hmac.compare_digest(given, f"{self._client_id}:".encode()):
            return True
        return hmac.compare_digest(given, f"{self._client_id}:{self._client_secret}".encode())


def bearer(request: Request) -> str:
    """Give the access token a request carries, or "" where it has none."""
    scheme, _, token = request.header("authorization").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _shown(connection: Connection, name: str) -> dict[str, object]:
    return {
        "id": connection.id,
        "authEventId": connection.event,
        "tenantId": connection.tenant,
        "tenantType": "ORGANISATION",
        "tenantName": name,
        "createdDateUtc": _stamp(connection.created_at.isoformat()),
        "updatedDateUtc": _stamp(connection.updated_at.isoformat()),
    }


def _stamp(text: str) -> str:
    return text.removesuffix("+00:00")


def _redirect(address: str, parameters: dict[str, str]) -> Response:
    joint = "&" if urlsplit(address).query else "?"
    return Response(302, headers={"Location": f"{address}{joint}{urlencode(parameters)}"})


def _token_answer(pair: Pair) -> dict[str, object]:
    return {
        "access_token": pair.access,
        "expires_in": ACCESS_SECONDS,
        "token_type": "Bearer",
        "refresh_token": pair.refresh,
        "scope": pair.scope,
    }
