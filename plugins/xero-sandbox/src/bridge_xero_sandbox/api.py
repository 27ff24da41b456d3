"""The way into the accounting API: who may come in, how often, and what a repeat gets."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from bridge.sandbox import (
    Counted,
    FaultKind,
    OAuthDoor,
    RateLimits,
    Request,
    Response,
    SandboxClock,
    bearer,
    fingerprint,
    html_response,
)
from bridge_xero_sandbox.endpoints import Call, answer
from bridge_xero_sandbox.limits import LARGEST_BODY, WINDOWS, told
from bridge_xero_sandbox.oddities import Oddities, OddityKind, twisted
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, MissingError, RefusalError, problem, validation_answer
from bridge_xero_sandbox.schema import load_schema
from bridge_xero_sandbox.scopes import scopes_for
from bridge_xero_sandbox.tokens import UserTokens
from bridge_xero_sandbox.wire import JsonObject, decode, encode, instant_on_the_wire

__all__ = ["XeroVendor"]

_ROOT = "/api.xro/2.0/"
_KEPT = timedelta(minutes=6)
_LONGEST_KEY = 128
_VERBS = {"GET": "read", "PUT": "create", "POST": "update", "DELETE": "delete"}
_SERVER_ERROR = {"ErrorNumber": 500, "Type": "InternalServerError", "Message": "An error occurred in Xero"}


class XeroVendor:
    """Answers every request a Xero client can make here."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        desk: UserTokens,
        oauth: OAuthDoor,
        limits: RateLimits,
        oddities: Oddities,
        organisation: Callable[[str], Organisation | None],
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._oauth = oauth
        self._limits = limits
        self._oddities = oddities
        self._organisation = organisation

    def handle(self, request: Request) -> Response:
        """Carry a request out."""
        if self._oauth.answers(request):
            return self._oauth.handle(request)
        if not request.path.startswith(_ROOT):
            return html_response("<html><body>Not Found</body></html>", 404)
        return self._api(request)

    def enter(self, request: Request) -> Response | None:
        """Let a call to an organisation begin, or refuse it where too many are under way."""
        if not request.path.startswith(_ROOT) or self._limits.enter(_tenant(request)):
            return None
        return Response(429, b"", "text/html", {"X-Rate-Limit-Problem": "concurrent"})

    def leave(self, request: Request) -> None:
        """Take note that a call to an organisation has ended."""
        if request.path.startswith(_ROOT):
            self._limits.leave(_tenant(request))

    def label(self, request: Request) -> str:
        """Name the operation: ``Invoices.create``, ``Payments.read``, ``Invoices.History.create``, ``oauth.token``."""
        if not request.path.startswith(_ROOT):
            return "oauth." + request.path.rstrip("/").rpartition("/")[2] if self._oauth.answers(request) else "unknown"
        parts = request.path.removeprefix(_ROOT).strip("/").split("/")
        verb = _VERBS.get(request.method, request.method.lower())
        if verb == "read" and len(parts) == 1:
            verb = "list"
        return ".".join([parts[0], *parts[2:3], verb] if parts[0] != "Reports" else [*parts, verb])

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        """Say throttled or unauthorised, as ordered."""
        if kind is FaultKind.THROTTLE:
            return _throttled(Counted({"minute": 0, "day": 4000, "appminute": 9940}, "minute", wait_seconds=60))
        return self._problem(401, "Unauthorized", "TokenExpired: token expired", request)

    def _api(self, request: Request) -> Response:
        if not self._desk.is_good(bearer(request)):
            has_token = bool(bearer(request))
            detail = "TokenExpired: token expired" if has_token else "AuthenticationUnsuccessful"
            return self._problem(401, "Unauthorized", detail, request)
        endpoint = request.path.removeprefix(_ROOT).partition("/")[0]
        if not self._desk.may(bearer(request), scopes_for(request.method, endpoint)):
            return self._not_covered(request)
        tenant = _tenant(request)
        organisation = self._organisation(tenant)
        if organisation is None or not self._desk.is_connected(tenant):
            return self._problem(403, "Forbidden", "AuthenticationUnsuccessful", request)
        if endpoint in organisation.settings.refused:
            return self._not_covered(request)
        counted = self._limits.count(tenant, *WINDOWS)
        if counted.problem:
            return _throttled(counted)
        with organisation.lock:
            try:
                response = self._once(organisation, request)
            finally:
                organisation.save()
        headers = {**response.headers, **told(counted)}
        if "json" not in request.header("accept"):  # Xero speaks XML unless it is asked for JSON
            return Response(response.status, b"<Response><Status>OK</Status></Response>", "text/xml", headers)
        return Response(response.status, response.body, response.content_type, headers)

    def _once(self, organisation: Organisation, request: Request) -> Response:
        """Give a repeat within six minutes the first answer, whatever it was."""
        key = request.header("idempotency-key")
        if request.method not in {"PUT", "POST", "PATCH"} or not key or organisation.settings.idempotency == "forget":
            return self._respond(organisation, request)
        if len(key) > _LONGEST_KEY:
            refusal = RefusalError(10, "ValidationException", "The Idempotency-Key is longer than 128 characters")
            return Response(400, encode(refusal.body()))
        asked = fingerprint(request, request.method, request.path)
        if earlier := organisation.repeated(key, kept=_KEPT):
            if earlier.asked != asked:
                message = "The Idempotency-Key was used before with other content"
                return Response(400, encode(RefusalError(10, "ValidationException", message).body()))
            return earlier.response()
        response = self._respond(organisation, request)
        organisation.remember(key, asked, response)
        return response

    def _respond(self, organisation: Organisation, request: Request) -> Response:
        oddity = self._oddities.take(self.label(request))
        kind = oddity.kind if oddity else None
        if kind is OddityKind.SERVER_ERROR:
            return Response(500, encode(_SERVER_ERROR))
        is_partial = kind is OddityKind.REFUSE_ELEMENTS
        response = self._carry_out(organisation, request, frozenset(oddity.places if oddity and is_partial else ()))
        if kind is OddityKind.COMMIT_THEN_SERVER_ERROR:
            return Response(500, encode(_SERVER_ERROR))
        return twisted(kind, response) if kind and not is_partial and response.status == 200 else response

    def _carry_out(self, organisation: Organisation, request: Request, refused: frozenset[int]) -> Response:
        try:
            status, content = answer(organisation, _call(request, refused))
        except RefusalError as refusal:
            return Response(refusal.status, encode(refusal.body()))
        except InvalidError as error:
            messages = [{"Message": message} for message in error.messages]
            return Response(400, encode(validation_answer([{"ValidationErrors": messages}])))
        except MissingError:
            return html_response("The resource you're looking for cannot be found", 404)
        if status != 200:
            return Response(status, encode(content) if content else b"")
        return Response(200, encode({**self._envelope(), **content}))

    def _envelope(self) -> JsonObject:
        return {
            "Id": str(uuid.uuid4()),
            "Status": "OK",
            "ProviderName": "bridge",
            "DateTimeUTC": instant_on_the_wire(self._clock.now().isoformat()),
        }

    def _not_covered(self, request: Request) -> Response:
        """The consent that the token stands for does not cover this."""
        refusal = self._problem(401, "Unauthorized", "AuthorizationUnsuccessful", request)
        return Response(refusal.status, refusal.body, headers={"WWW-Authenticate": "insufficient_scope"})

    def _problem(self, status: int, title: str, detail: str, request: Request) -> Response:
        return Response(status, encode(problem(status, title, detail, request.path)))


def _tenant(request: Request) -> str:
    return request.header("xero-tenant-id").lower()


def _throttled(counted: Counted) -> Response:
    return Response(429, b"", "text/html", told(counted))


def _call(request: Request, refused: frozenset[int]) -> Call:
    """Split the path and read and check the body.

    Raises:   MissingError if the published document knows no such request, RefusalError for a body it refuses.
    """
    parts = tuple(request.path.removeprefix(_ROOT).strip("/").split("/"))
    path = "/" + "/".join(parts)
    schema = load_schema()
    operation = schema.operation(request.method, path)
    if operation is None:
        raise MissingError
    body: JsonObject = {}
    if "requestBody" in operation:
        if "json" not in request.header("content-type"):
            raise RefusalError(0, "UnsupportedMediaType", "Send application/json", status=415)
        if len(request.body) > LARGEST_BODY:
            raise RefusalError(0, "RequestTooLarge", f"A body may have {LARGEST_BODY} bytes", status=413)
        body = decode(request.body)
        schema.check(request.method, path, body)
    return Call(request.method, parts, request.query, request.header("if-modified-since"), body, refused)
