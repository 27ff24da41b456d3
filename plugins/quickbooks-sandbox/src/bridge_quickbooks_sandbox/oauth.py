"""QuickBooks' OAuth 2 endpoints, and its discovery document."""

from collections.abc import Mapping
from math import ceil

from bridge.sandbox import GrantError, OAuthDoor, Pair, Request, Response, Routes, json_response
from bridge_quickbooks_sandbox.tokens import ACCESS_SECONDS, REFRESH_SECONDS

__all__ = ["AUTHORIZE_PATH", "REVOKE_PATH", "TOKEN_PATH", "IntuitDoor"]

AUTHORIZE_PATH = "/oauth2/authorize"
TOKEN_PATH = "/oauth2/tokens"  # noqa: S105 - a path
REVOKE_PATH = "/oauth2/revoke"
USER_PATH = "/v1/openid_connect/userinfo"
KEYS_PATH = "/op/v1/jwks"


class IntuitDoor(OAuthDoor):
    """Answers what lies under ``/oauth2/``."""

    authorize_path = AUTHORIZE_PATH
    token_paths = (TOKEN_PATH, "/oauth2/v1/tokens/bearer")
    revoke_path = REVOKE_PATH
    parameter = "realm"
    title = "QuickBooks sandbox"
    question = "Which company may be connected?"

    def _add_own(self, routes: Routes) -> None:
        routes.add("GET", "/.well-known/openid_sandbox_configuration", self._discover)
        routes.add("GET", KEYS_PATH, lambda *_: json_response({"keys": []}))  # no identity is signed here

    def _approved(self, query: Mapping[str, str], chosen: list[str]) -> dict[str, str]:
        return {"code": self._desk.consent(chosen, query["redirect_uri"], "", query["scope"]), "realmId": chosen[0]}

    def _token_answer(self, pair: Pair) -> dict[str, object]:
        answer: dict[str, object] = {
            "token_type": "bearer",
            "access_token": pair.access,
            "expires_in": ACCESS_SECONDS,
            "refresh_token": pair.refresh,
            "x_refresh_token_expires_in": REFRESH_SECONDS,
        }
        if pair.ends_at is not None:
            left = ceil((pair.ends_at - self._desk.now()).total_seconds())
            answer["x_refresh_token_expires_in"] = min(REFRESH_SECONDS, left)
            answer["x_refresh_token_hard_expires_in"] = left
        return answer

    def _refused_grant(self, error: GrantError) -> dict[str, object]:
        return {"error": "invalid_grant", "error_description": str(error)}

    def _revoked(self, *, is_known: bool) -> Response:
        return Response(200) if is_known else json_response({"error": "invalid_request"}, 400)

    def _discover(self, request: Request, _parts: dict[str, str]) -> Response:
        base = f"http://{request.header('host')}"
        return json_response(
            {
                "issuer": base,
                "authorization_endpoint": base + AUTHORIZE_PATH,
                "token_endpoint": base + TOKEN_PATH,
                "userinfo_endpoint": base + USER_PATH,  # of the scope openid, which is not granted here
                "revocation_endpoint": base + REVOKE_PATH,
                "jwks_uri": base + KEYS_PATH,
                "response_types_supported": ["code"],
                "scopes_supported": ["com.intuit.quickbooks.accounting"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )
