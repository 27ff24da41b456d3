"""A fake OpenID provider over real HTTP: people, codes, keys; it can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from bridge.sandbox import Request, Response, SandboxClock, json_response
from bridge.sandbox.listening import Listener

CLIENT, SECRET = "bridge-at-test", "0123456789abcdef0123456789abcdef"
DISCOVERY = "/.well-known/openid-configuration"


class Grant(msgspec.Struct, frozen=True):
    """What a code is good for."""

    claims: Mapping[str, Any]
    nonce: str
    challenge: str
    redirect_uri: str


class FakeProvider:
    """Knows who has which subject. lies: claims of the next tokens in the place of the true ones.

    signed_by: ``key`` of its own, another ``stranger``, the client's ``secret``, or ``nothing``.
    """

    def __init__(self) -> None:
        self._listener = Listener(self._answer, port=0, clock=SandboxClock())
        self.issuer = self._listener.base_url
        self._key, self._stranger = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
        self._codes: dict[str, Grant] = {}
        self.lies: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        self.signed_by = "key"
        self.is_down = self.takes_body = False
        self.asked: list[str] = []

    def close(self) -> None:
        self._listener.stop()

    def let_in(self, url: str, subject: str, email: str, **claims: Any) -> str:
        """Sign somebody in who was sent there; where the browser is sent back to."""
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        assert url.startswith(f"{self.issuer}/authorize?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) >= {"openid", "email"}
        code = secrets.token_urlsafe()
        known = {"sub": subject, "email": email, "email_verified": True, "name": subject.title(), **claims}
        self._codes[code] = Grant(known, asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], 'code': code})}"

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        if self.is_down:
            return Response(503)
        match request.path:
            case "/.well-known/openid-configuration":
                return json_response({**self._description(), **self.told})
            case "/keys":
                return json_response({"keys": [self._key.as_dict(private=False)]})
            case "/token":
                return self._token(request)
        return Response(404)

    def _description(self) -> Mapping[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **({"token_endpoint_auth_methods_supported": ["client_secret_post"]} if self.takes_body else {}),
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }

    def _token(self, request: Request) -> Response:
        form = request.form()
        grant = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_proved = grant and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == grant.challenge
        if not self._is_client(request):
            return json_response({"error": "invalid_client"}, status=401)
        if not grant or not is_proved or form.get("redirect_uri") != grant.redirect_uri:
            return json_response({"error": "invalid_grant"}, status=400)
        now = int(time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": grant.nonce}
        told = {name: value for name, value in {**claims, **grant.claims, **self.lies}.items() if value is not None}
        return json_response({"access_token": "a", "token_type": "Bearer", "id_token": self._signed(told)})

    def _is_client(self, request: Request) -> bool:
        """Whether the application names itself in the one way that this provider takes."""
        form, header = request.form(), request.header("authorization")
        if self.takes_body:
            return not header and (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        named = base64.b64decode(header.removeprefix("Basic ")).decode()
        return "client_secret" not in form and named == f"{CLIENT}:{SECRET}"

    def _signed(self, claims: dict[str, Any]) -> str:
        match self.signed_by:
            case "secret":
                return jwt.encode({"alg": "HS256", "kid": "1"}, claims, OctKey.import_key(SECRET))
            case "nothing":
                head, body = ({"alg": "none"}, claims)
                return ".".join((*(_part(each) for each in (head, body)), ""))
            case "stranger":
                return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._stranger)
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._key)


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


@contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    made = FakeProvider()
    try:
        yield made
    finally:
        made.close()
