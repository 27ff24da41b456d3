"""Xero's OAuth 2 endpoints, with or without PKCE, and the list of connections."""

from collections.abc import Mapping
from typing import cast

from bridge.sandbox import OAuthDoor, Pair, Request, Response, Routes, bearer, json_response
from bridge_xero_sandbox.tokens import ACCESS_SECONDS, Connection, UserTokens

__all__ = ["AUTHORIZE_PATH", "CONNECTIONS_PATH", "REVOKE_PATH", "TOKEN_PATH", "XeroDoor"]

AUTHORIZE_PATH = "/identity/connect/authorize"
TOKEN_PATH = "/connect/token"  # noqa: S105 - a path
REVOKE_PATH = "/connect/revocation"
CONNECTIONS_PATH = "/connections"


class XeroDoor(OAuthDoor):
    """Answers what lies outside the accounting API."""

    authorize_path = AUTHORIZE_PATH
    token_paths = (TOKEN_PATH,)
    revoke_path = REVOKE_PATH
    parameter = "tenant"
    title = "Xero sandbox"
    question = "Which organisation may be connected?"
    refused_status = 400
    takes_several = True

    def _add_own(self, routes: Routes) -> None:
        for path in (CONNECTIONS_PATH, CONNECTIONS_PATH.title()):  # both are written, in pages and in the OpenAPI
            routes.add("GET", path, self._list_connections)
            routes.add("DELETE", path + "/{id}", self._delete_connection)

    def _approved(self, query: Mapping[str, str], chosen: list[str]) -> dict[str, str]:
        code = self._desk.consent(chosen, query["redirect_uri"], query.get("code_challenge", ""), query["scope"])
        return {"code": code, "scope": query["scope"]}

    def _token_answer(self, pair: Pair) -> dict[str, object]:
        return {
            "access_token": pair.access,
            "expires_in": ACCESS_SECONDS,
            "token_type": "Bearer",
            "refresh_token": pair.refresh,
            "scope": pair.scope,
        }

    @property
    def _user(self) -> UserTokens:
        return cast("UserTokens", self._desk)

    def _list_connections(self, request: Request, _parts: dict[str, str]) -> Response:
        if not self._user.is_good(bearer(request)):
            return _unauthorized()
        wanted = request.query.get("authEventId")
        names = self._accounts()
        found = [one for one in self._user.connections() if not wanted or one.event == wanted]
        return json_response([_shown(one, names.get(one.tenant, "")) for one in found])

    def _delete_connection(self, request: Request, parts: dict[str, str]) -> Response:
        if not self._user.is_good(bearer(request)):
            return _unauthorized()
        for one in self._user.connections():
            if one.id == parts["id"]:
                self._user.disconnect(one.tenant)
                return Response(204)
        return Response(404)


def _unauthorized() -> Response:
    return json_response({"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"}, 401)


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
