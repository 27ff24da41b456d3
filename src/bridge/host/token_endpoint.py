"""OAuth 2 spoken with one vendor: the address to send a person to, and codes and refresh tokens into tokens."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from requests.adapters import HTTPAdapter

from bridge.clock import Clock
from bridge.errors import AuthorizationError, BridgeError, ConfigError, UnavailableError
from bridge.host.credentials import Credential
from bridge.plugin import OAuth2
from bridge.transport import HostSession, excerpt, failure_of

if TYPE_CHECKING:
    from authlib.oauth2 import OAuth2Error

_OUR_CLIENT = ("invalid_client", "unauthorized_client")
_OUR_FAULT = frozenset({"invalid_client", "unauthorized_client", "invalid_scope", "invalid_request"})


class DeadGrantError(AuthorizationError):
    """The vendor no longer honours the code or refresh token; a person must let bridge in again."""

    code = "authorization.dead_grant"


class TokenEndpoint:
    """One vendor's OAuth 2 endpoints for one application.

    session: for the token endpoint's host. Sending: each request once; the code and the refresh token are the
    vendor's to protect against a second use, and nothing is repeated here.
    """

    def __init__(self, oauth: OAuth2, session: HostSession, clock: Clock, *, redirect_uri: str) -> None:
        from authlib.oauth2 import OAuth2Client  # slow to import; tokens that last need none of it

        if not oauth.takes_secret_in_body:
            for url in filter(None, (oauth.token_url, oauth.revoke_url)):
                session.mount(url, _ClientAuthentication(oauth.client_id, oauth.client_secret))
        self._oauth, self._session, self._clock = oauth, session, clock
        told = {"client_id": oauth.client_id, "client_secret": oauth.client_secret}
        self._client_told = told if oauth.takes_secret_in_body else {}
        self._client = OAuth2Client(
            session,
            client_id=oauth.client_id,
            scope=" ".join(oauth.scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256" if oauth.takes_pkce else None,
        )

    def address(self, state: str, verifier: str) -> str:
        """Where a person signs in and lets bridge in."""
        url: str = self._client.create_authorization_url(
            self._oauth.authorize_url, state=state, code_verifier=verifier if self._oauth.takes_pkce else None
        )[0]
        return url

    def exchange(self, connection_id: str, code: str, verifier: str) -> Credential:
        """Tokens for the code of a redirect. Raises: DeadGrantError, ConfigError, UnavailableError."""
        extra = dict(self._oauth.code_parameters) | self._client_told
        if self._oauth.takes_pkce:
            extra["code_verifier"] = verifier
        token = self._ask(
            lambda: self._client.fetch_token(
                self._oauth.token_url, grant_type="authorization_code", code=code, auth=_as_it_is, **extra
            )
        )
        given, days = self._credential(connection_id, token, refresh_token=""), self._oauth.consent_days
        if given.consent_ends_at is None and days:
            return msgspec.structs.replace(given, consent_ends_at=self._clock.now() + timedelta(days=days))
        return given

    def refresh(self, credential: Credential) -> Credential:
        """New tokens for a refresh token, which may thereby end. Raises: as ``exchange``."""
        token = self._ask(
            lambda: self._client.refresh_token(
                self._oauth.token_url,
                refresh_token=credential.refresh_token,
                auth=_as_it_is,
                scope="",
                **self._client_told,
            )
        )
        fresh = self._credential(credential.connection_id, token, refresh_token=credential.refresh_token)
        lasts_until, ends_at = fresh.refresh_expires_at, fresh.consent_ends_at or credential.consent_ends_at
        if lasts_until is None and fresh.refresh_token == credential.refresh_token:
            lasts_until = credential.refresh_expires_at
        return msgspec.structs.replace(
            fresh, refresh_expires_at=lasts_until, consent_ends_at=ends_at, key=credential.key
        )

    def revoke(self, credential: Credential) -> None:
        """Take a grant back (RFC 7009): its refresh token, and with it every token that it gave. Needs ``revoke_url``.

        Twice:  one that the vendor knows no more is no error.
        Raises: ConfigError when it refuses the application, UnavailableError when it does not answer.
        """
        told = {"token": credential.refresh_token or credential.access_token, **self._client_told}
        try:
            answer = self._session.post(self._oauth.revoke_url, data=told)
        except requests.RequestException as cause:
            raise failure_of(cause, thing="revocation endpoint", is_write=False) from cause
        if answer.status_code == 429 or answer.status_code >= 500:
            raise UnavailableError("revocation endpoint", f"answered {answer.status_code}")
        if answer.status_code == 401 or (not answer.ok and any(word in answer.text for word in _OUR_CLIENT)):
            raise self._our_fault("revocation endpoint", "the application is not known there")

    def _ask(self, request: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        from authlib.oauth2 import OAuth2Error  # as above

        try:
            return request()
        except OAuth2Error as cause:
            raise self._refused(cause) from cause
        except requests.HTTPError as cause:
            status = cause.response.status_code if cause.response is not None else "an error"
            raise UnavailableError("token endpoint", f"answered {status}") from cause
        except requests.RequestException as cause:
            raise failure_of(cause, thing="token endpoint", is_write=False) from cause
        except ValueError as cause:
            raise UnavailableError("token endpoint", "answered with something that is no token") from cause

    def _refused(self, error: OAuth2Error) -> BridgeError:
        said = excerpt(str(error.error or "an error"), 60)
        if said in _OUR_FAULT:
            return self._our_fault("token endpoint", said)
        if said in {"temporarily_unavailable", "server_error", "slow_down"}:
            return UnavailableError("token endpoint", f"answered {said}")
        return DeadGrantError("token endpoint", f"refused the grant: {said}", "Authorise the connection again")

    def _our_fault(self, endpoint: str, said: str) -> ConfigError:
        return ConfigError(
            "OAuth application",
            f"the {endpoint} refused it: {said}",
            "Check the client id, the client secret and the redirect address registered with the vendor",
            code="config.oauth_application",
        )

    def _credential(self, connection_id: str, token: Mapping[str, Any], *, refresh_token: str) -> Credential:
        now = self._clock.now()
        access, refresh = token.get("access_token"), token.get("refresh_token") or refresh_token
        if not isinstance(access, str) or not access or not isinstance(refresh, str):
            raise UnavailableError("token endpoint", "answered without an access token")
        told = token.get("refresh_token_expires_in", token.get("x_refresh_token_expires_in"))
        lasts = _seconds(told, 0) or self._oauth.refresh_days * 86_400
        ends = _seconds(token.get("x_refresh_token_hard_expires_in"), 0)
        return Credential(
            connection_id=connection_id,
            access_token=access,
            refresh_token=refresh,
            expires_at=now + timedelta(seconds=_seconds(token.get("expires_in"), 3600)),
            refresh_expires_at=now + timedelta(seconds=lasts) if lasts else None,
            consent_ends_at=now + timedelta(seconds=ends) if ends else None,
        )


class _ClientAuthentication(HTTPAdapter):
    """Names the application to the token endpoint in the header that is made for it (RFC 6749, 2.3.1)."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        super().__init__()
        self._basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()

    def add_headers(self, request: requests.PreparedRequest, **_: object) -> None:
        request.headers["Authorization"] = f"Basic {self._basic}"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _seconds(told: object, otherwise: int) -> int:
    return int(told) if isinstance(told, int | float | str) and str(told).isdigit() else otherwise
