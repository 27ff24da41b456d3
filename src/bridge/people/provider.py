"""Signing in over an OpenID provider: code, PKCE and nonce; authlib speaks it.

Source: OpenID Connect Core 1.0 and Discovery 1.0 (errata set 2), RFC 7636, RFC 9700, read 2026-11-29.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Self
from urllib.parse import quote_plus, urlsplit

import msgspec
import requests

from bridge.clock import Clock
from bridge.errors import AuthorizationError, BridgeError, UnavailableError
from bridge.model.people import SIGN_IN_LASTS, Ticket, TicketKind
from bridge.people.secret import fresh, kept
from bridge.store.api import Store
from bridge.transport import HostSession, excerpt, failure_of, is_loopback

_SIGNED_BY: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What a provider may sign with: by a key of its own, never by the secret it shares with us, never by nothing."""
_METHODS: Final = "token_endpoint_auth_methods_supported"
_IN_BODY: Final = "client_secret_post"
"""Whether the application's secret stands in the form; unless a provider says so, in the header."""
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Identity(msgspec.Struct, frozen=True):
    """Who a provider says somebody is. email: verified there."""

    subject: str
    email: str
    name: str


class Returned(msgspec.Struct, frozen=True):
    """Somebody who came back from a provider, and what was to be done then."""

    identity: Identity
    facts: Mapping[str, str]


class Provider:
    """The one OpenID provider of an installation.

    session: HTTP for so many hosts. redirect_uri: where the browser comes back to, as registered there.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        session: Callable[[frozenset[str]], HostSession],
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
    ) -> None:
        self._store, self._clock, self._session_for = store, clock, session
        self._issuer, self._client_id, self._client_secret = issuer, client_id, client_secret
        self._redirect_uri = redirect_uri
        self._told: dict[str, Any] = {}

    @property
    def title(self) -> str:
        """What people call it: its host."""
        return urlsplit(self._issuer).hostname or self._issuer

    def start(self, browser: str, facts: Mapping[str, str]) -> str:
        """Where to send a browser. browser: a secret that it alone has, which it must bring again.

        Raises: UnavailableError when the provider does not say where.
        """
        state, nonce, verifier = fresh(), fresh(), fresh()
        told = {"nonce": nonce, "verifier": verifier, "browser": kept(browser), **facts}
        url: str = self._client(self._session()).create_authorization_url(
            self._metadata()["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )[0]
        now = self._clock.now()
        with self._store.unit("web") as unit:
            unit.sign_ins.forget(now)
            unit.sign_ins.put(Ticket(kept(state), TicketKind.PROVIDER, now + SIGN_IN_LASTS, told))
        return url

    def finish(self, browser: str, state: str, code: str) -> Returned:
        """Who came back. Twice: refused.

        Raises: AuthorizationError ``sign_in.state`` for an answer to no question of this browser, ``sign_in.refused``
                for one that proves nothing, ``sign_in.email`` without a verified address; UnavailableError.
        """
        with self._store.unit("web") as unit:
            ticket = unit.sign_ins.take(TicketKind.PROVIDER, kept(state), self._clock.now())
        facts = dict(ticket.facts) if ticket else {}
        if not hmac.compare_digest(facts.pop("browser", ""), kept(browser)):
            raise _refused("the answer belongs to no sign-in of this browser", "sign_in.state")
        if not code:
            raise _refused("the provider let nobody in", "sign_in.refused")
        with _our_errors():
            identity = self._identity(code, facts.pop("verifier"), facts.pop("nonce"))
        return Returned(identity, facts)

    def _identity(self, code: str, verifier: str, nonce: str) -> Identity:
        session, told = self._session(), {"code": code, "code_verifier": verifier}
        if _IN_BODY in self._metadata()[_METHODS]:
            told |= {"client_id": self._client_id, "client_secret": self._client_secret}
        else:
            named = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret)}"
            session.authorization = f"Basic {b64encode(named.encode()).decode()}"
        token = self._client(session).fetch_token(
            self._metadata()["token_endpoint"], grant_type="authorization_code", auth=lambda request: request, **told
        )
        if not isinstance(token.get("id_token"), str):
            raise _refused("the provider answered without an identity", "sign_in.refused")
        claims = self._claims(token, nonce)
        email = str(claims.get("email", "")).casefold()
        if claims.get("email_verified") is not True or not email:
            raise _refused("the provider has not verified your e-mail address", "sign_in.email")
        return Identity(f"{self._issuer} {claims['sub']}", email, str(claims.get("name") or email))

    def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        from authlib.integrations.base_client import OpenIDMixin  # slow to import, and only few sign in

        metadata, session, client_id = self._metadata(), self._session(), self._client_id

        class Known(OpenIDMixin):  # type: ignore[misc]
            """What authlib asks of the application whose tokens it judges."""

            def __init__(self) -> None:
                self.client_id, self.server_metadata = client_id, dict(metadata)

            def load_server_metadata(self) -> dict[str, Any]:
                return self.server_metadata

            def _get_session(self) -> _Asking:
                return _Asking(session)

        meant = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": client_id},
        }
        try:
            claims: Mapping[str, Any] = Known().parse_id_token(dict(token), nonce, claims_options=meant)
        except requests.RequestException:
            raise
        except Exception as cause:  # what authlib and its helper refuse by shares no class
            words = f"what the provider sent proves nothing ({type(cause).__name__})"
            raise _refused(words, "sign_in.refused") from cause
        return claims

    def _client(self, session: HostSession) -> Any:
        from authlib.oauth2 import OAuth2Client  # as above

        return OAuth2Client(
            session,
            client_id=self._client_id,
            scope="openid email profile",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )

    def _session(self) -> HostSession:
        told = (self._metadata()[name] for name in _ENDPOINTS)
        return self._session_for(frozenset(urlsplit(url).hostname or "" for url in told))

    def _metadata(self) -> Mapping[str, Any]:
        """What the provider says of itself, asked for once: its keys are asked for at every sign-in."""
        if not self._told:
            with _our_errors():
                session = self._session_for(frozenset({urlsplit(self._issuer).hostname or ""}))
                answer = session.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                answer.raise_for_status()
                self._told = _checked(answer.json(), self._issuer)
        return self._told


class _Asking:
    """A session as authlib asks for keys with it."""

    def __init__(self, session: HostSession) -> None:
        self._session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def request(self, method: str, url: str, **_: object) -> requests.Response:
        return self._session.request(method, url)


def _checked(told: Any, issuer: str) -> dict[str, Any]:
    """What a provider says of itself. Raises: UnavailableError when it is of another, or lacks what is needed."""
    if not isinstance(told, dict) or told.get("issuer") != issuer:
        raise UnavailableError("the OpenID provider", "calls itself otherwise than `oidc_issuer` does")
    for name in _ENDPOINTS:
        parts = urlsplit(str(told.get(name, "")))
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise UnavailableError("the OpenID provider", f"names no safe address as its {name}")
    signs = [one for one in told.get("id_token_signing_alg_values_supported", ["RS256"]) if one in _SIGNED_BY]
    return {name: told[name] for name in _ENDPOINTS} | {
        "issuer": issuer,
        "id_token_signing_alg_values_supported": signs,
        _METHODS: told.get(_METHODS, []),
    }


@contextmanager
def _our_errors() -> Iterator[None]:
    """What goes wrong with a provider, without a word of what it sent."""
    from authlib.oauth2 import OAuth2Error  # as above

    try:
        yield
    except BridgeError:
        raise
    except requests.HTTPError as cause:
        status = cause.response.status_code if cause.response is not None else "an error"
        raise UnavailableError("the OpenID provider", f"answered {status}") from cause
    except requests.JSONDecodeError as cause:
        raise UnavailableError("the OpenID provider", "answered with something that is no JSON") from cause
    except requests.RequestException as cause:
        raise failure_of(cause, thing="the OpenID provider", is_write=False) from cause
    except OAuth2Error as cause:
        raise _refused(f"the provider said {excerpt(str(cause.error or 'no'), 60)}", "sign_in.refused") from cause


def _refused(cause: str, code: str) -> AuthorizationError:
    return AuthorizationError("signing in", cause, "Try again from the start", code=code)
