"""The OAuth 2 endpoints that vendors have in common: consent page, tokens, revocation."""

import base64
import binascii
import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from html import escape
from urllib.parse import urlencode, urlsplit

from bridge.sandbox.messages import BadRequestError, Request, Response, html_response, json_response
from bridge.sandbox.routes import Routes
from bridge.sandbox.tokens import GrantError, Pair, TokenDesk

__all__ = ["OAuthDoor", "bearer", "redirect"]

_NEEDED = ("client_id", "response_type", "scope", "redirect_uri", "state")


class OAuthDoor(ABC):
    """Answers for one application. Subclass it for a vendor: its paths, what a consent names, how it tells no.

    Shape:    ``accounts`` gives the accounts' names by id; ``parameter`` names those chosen on the consent page, parted
              by commas; ``takes_several``: one consent may be for more than one.
    """

    authorize_path: str
    token_paths: Sequence[str]
    revoke_path: str
    parameter: str
    title: str
    question: str
    refused_status = 401
    takes_several = False

    def __init__(
        self, desk: TokenDesk, *, client_id: str, client_secret: str, accounts: Callable[[], dict[str, str]]
    ) -> None:
        self._desk = desk
        self._client_id = client_id
        self._client_secret = client_secret
        self._accounts = accounts
        self._routes = Routes()
        self._routes.add("GET", self.authorize_path, self._authorize)
        for path in self.token_paths:
            self._routes.add("POST", path, self._tokens)
        self._routes.add("POST", self.revoke_path, self._revoke)
        self._add_own(self._routes)

    def answers(self, request: Request) -> bool:
        """Tell whether a request is for this door."""
        return self._routes.find(request.method, request.path) is not None

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        return self._routes.handle(request)

    @abstractmethod
    def _add_own(self, routes: Routes) -> None:
        """Add what the vendor has beside the three."""

    @abstractmethod
    def _approved(self, query: Mapping[str, str], chosen: list[str]) -> dict[str, str]:
        """Take the consent for these accounts, and give what goes back to the application beside its state."""

    @abstractmethod
    def _token_answer(self, pair: Pair) -> dict[str, object]:
        """Give what a client reads of its tokens."""

    def _refused_grant(self, error: GrantError) -> dict[str, object]:
        return {"error": "invalid_grant"}

    def _authorize(self, request: Request, _parts: dict[str, str]) -> Response:
        query = request.query
        fault = self._fault(query)
        if fault:
            return html_response(f"<p>{fault}</p>", 400)
        if query.get("deny"):
            return redirect(query["redirect_uri"], {"error": "access_denied", "state": query["state"]})
        chosen = [account for account in query.get(self.parameter, "").split(",") if account in self._accounts()]
        if not chosen:
            return html_response(self._consent_page(query))
        granted = chosen if self.takes_several else chosen[:1]
        return redirect(query["redirect_uri"], {**self._approved(query, granted), "state": query["state"]})

    def _fault(self, query: Mapping[str, str]) -> str:
        """Say what is wrong with a request for consent, or ""."""
        if missing := [name for name in _NEEDED if not query.get(name)]:
            return f"Missing: {escape(', '.join(missing))}"
        if query["client_id"] != self._client_id or query["response_type"] != "code":
            return "This application is not known here."
        if urlsplit(query["redirect_uri"]).scheme not in {"http", "https"}:
            return "The redirect_uri must be a web address."
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            return "The code_challenge_method must be S256."
        return ""

    def _consent_page(self, query: Mapping[str, str]) -> str:
        offered = self._accounts()
        if self.takes_several and len(offered) > 1:
            offered = {**offered, ",".join(offered): "All of them"}
        rows = "".join(
            f"<li>{escape(name)} <small>{escape(account)}</small>"
            f' <a href="?{escape(urlencode({**query, self.parameter: account}))}">Allow access</a></li>'
            for account, name in offered.items()
        )
        deny = escape(urlencode({**query, "deny": "1"}))
        return (
            f"<!doctype html><meta charset=utf-8><title>{self.title}</title>"
            f'<h1>{self.question}</h1><ul>{rows}</ul><p><a href="?{deny}">Deny</a></p>'
        )

    def _tokens(self, request: Request, _parts: dict[str, str]) -> Response:
        form = request.form()
        code, token = form.get("code", ""), form.get("refresh_token", "")
        if not self._is_our_client(request, form, is_public=self._desk.is_public(code=code, refresh=token)):
            return json_response({"error": "invalid_client"}, self.refused_status)
        try:
            match form.get("grant_type"):
                case "authorization_code":
                    pair = self._desk.redeem(code, form.get("redirect_uri", ""), form.get("code_verifier", ""))
                case "refresh_token":
                    pair = self._desk.refresh(token)
                case _:
                    return json_response({"error": "unsupported_grant_type"}, 400)
        except GrantError as error:
            return json_response(self._refused_grant(error), 400)
        return json_response(self._token_answer(pair))

    def _revoke(self, request: Request, _parts: dict[str, str]) -> Response:
        form = request.form()
        try:
            token = str(request.json_object().get("token"))
        except BadRequestError:
            token = form.get("token", "")
        if not self._is_our_client(request, form, is_public=self._desk.is_public(refresh=token)):
            return json_response({"error": "invalid_client"}, self.refused_status)
        return self._revoked(is_known=self._desk.revoke(token))

    def _revoked(self, *, is_known: bool) -> Response:
        return Response(200)

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


def redirect(address: str, parameters: dict[str, str]) -> Response:
    """Send a browser back to an application."""
    joint = "&" if urlsplit(address).query else "?"
    return Response(302, headers={"Location": f"{address}{joint}{urlencode(parameters)}"})
