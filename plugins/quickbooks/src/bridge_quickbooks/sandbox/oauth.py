"""The OAuth 2 endpoints: consent page, tokens, revocation, and the discovery document."""

import base64
import binascii
import hmac
from collections.abc import Callable
from html import escape
from urllib.parse import urlencode, urlsplit

from bridge.sandbox import BadRequestError, Request, Response, Routes, html_response, json_response
from bridge_quickbooks.sandbox.tokens import ACCESS_SECONDS, REFRESH_SECONDS, GrantError, Pair, TokenDesk

__all__ = ["AUTHORIZE_PATH", "REVOKE_PATH", "TOKEN_PATH", "OAuthDoor"]

AUTHORIZE_PATH = "/oauth2/authorize"
TOKEN_PATH = "/oauth2/tokens"  # noqa: S105 - a path
REVOKE_PATH = "/oauth2/revoke"
_DISCOVERY_PATH = "/.well-known/openid_sandbox_configuration"
_NEEDED = ("client_id", "response_type", "scope", "redirect_uri", "state")


class OAuthDoor:
    """Answers what lies under ``/oauth2/`` for one application."""

    def __init__(
        self, desk: TokenDesk, *, client_id: str, client_secret: str, companies: Callable[[], dict[str, str]]
    ) -> None:
        self._desk = desk
        self._client_id = client_id
        self._client_secret = client_secret
        self._companies = companies
        self._routes = Routes()
        self._routes.add("GET", AUTHORIZE_PATH, self._authorize)
        self._routes.add("POST", TOKEN_PATH, self._tokens)
        self._routes.add("POST", "/oauth2/v1/tokens/bearer", self._tokens)
        self._routes.add("POST", REVOKE_PATH, self._revoke)
        self._routes.add("GET", _DISCOVERY_PATH, self._discover)

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
        companies = self._companies()
        if query.get("deny"):
            return _redirect(query["redirect_uri"], {"error": "access_denied", "state": query["state"]})
        realm = query.get("realm", "")
        if realm not in companies:
            return html_response(self._consent_page(request, companies))
        code = self._desk.consent(realm, query["redirect_uri"])
        return _redirect(query["redirect_uri"], {"code": code, "state": query["state"], "realmId": realm})

    def _consent_page(self, request: Request, companies: dict[str, str]) -> str:
        rows = "".join(
            f"<li>{escape(name)} <small>{escape(realm)}</small>"
            f' <a href="?{escape(urlencode({**request.query, "realm": realm}))}">Approve</a></li>'
            for realm, name in companies.items()
        )
        deny = escape(urlencode({**request.query, "deny": "1"}))
        return (
            "<!doctype html><meta charset=utf-8><title>QuickBooks sandbox</title>"
            f'<h1>Which company may be connected?</h1><ul>{rows}</ul><p><a href="?{deny}">Deny</a></p>'
        )

    def _tokens(self, request: Request, _parts: dict[str, str]) -> Response:
        if not self._is_our_client(request):
            return json_response({"error": "invalid_client"}, 401)
        form = request.form()
        try:
            match form.get("grant_type"):
                case "authorization_code":
                    pair = self._desk.redeem(form.get("code", ""), form.get("redirect_uri", ""))
                case "refresh_token":
                    pair = self._desk.refresh(form.get("refresh_token", ""))
                case _:
                    return json_response({"error": "unsupported_grant_type"}, 400)
        except GrantError as error:
            return json_response({"error": "invalid_grant", "error_description": error.cause}, 400)
        return json_response(_token_answer(pair))

    def _revoke(self, request: Request, _parts: dict[str, str]) -> Response:
        if not self._is_our_client(request):
            return json_response({"error": "invalid_client"}, 401)
        try:
            token = request.json_object().get("token")
        except BadRequestError:
            token = request.form().get("token")
        if not self._desk.revoke(str(token)):
            return json_response({"error": "invalid_request"}, 400)
        return Response(200)

    def _discover(self, request: Request, _parts: dict[str, str]) -> Response:
        base = f"http://{request.header('host')}"
        return json_response(
            {
                "issuer": base,
                "authorization_endpoint": base + AUTHORIZE_PATH,
                "token_endpoint": base + TOKEN_PATH,
                "revocation_endpoint": base + REVOKE_PATH,
                "response_types_supported": ["code"],
                "scopes_supported": ["com.intuit.quickbooks.accounting"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    def _is_our_client(self, request: Request) -> bool:
        scheme, _, encoded = request.header("authorization").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return False
        expected = f"{self._client_id}:{self._client_secret}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)


def _redirect(address: str, parameters: dict[str, str]) -> Response:
    joint = "&" if urlsplit(address).query else "?"
    return Response(302, headers={"Location": f"{address}{joint}{urlencode(parameters)}"})


def _token_answer(pair: Pair) -> dict[str, object]:
    return {
        "token_type": "bearer",
        "access_token": pair.access,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": pair.refresh,
        "x_refresh_token_expires_in": REFRESH_SECONDS,
    }
