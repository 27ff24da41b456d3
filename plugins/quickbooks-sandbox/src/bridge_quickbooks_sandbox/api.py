"""The accounting API: from a path to an operation on one company, and the answer to it."""

import itertools
import re
from collections.abc import Callable

from bridge.sandbox import FaultKind, OAuthDoor, RateLimits, Request, Response, SandboxClock, bearer, fingerprint
from bridge_quickbooks_sandbox import documents
from bridge_quickbooks_sandbox.batch import items_in, run_batch, unexpected
from bridge_quickbooks_sandbox.changes import changes
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.item_faults import ItemFaults
from bridge_quickbooks_sandbox.kinds import Kind, kind_by_path
from bridge_quickbooks_sandbox.limits import throttled
from bridge_quickbooks_sandbox.preferences import company_info, preferences
from bridge_quickbooks_sandbox.present import shown
from bridge_quickbooks_sandbox.query import parse
from bridge_quickbooks_sandbox.rates import exchange_rate
from bridge_quickbooks_sandbox.refusals import RefusalError, fault
from bridge_quickbooks_sandbox.reports import profit_and_loss_report, trial_balance_report
from bridge_quickbooks_sandbox.select import select
from bridge_quickbooks_sandbox.tokens import CompanyTokens
from bridge_quickbooks_sandbox.wire import JsonObject, answer, decode, encode, on_the_wire

__all__ = ["QuickBooksVendor"]

_PATH = re.compile(r"/v3/company/(?P<realm>[^/]+)/(?P<rest>.+?)/?")
_SCOPES = frozenset({"com.intuit.quickbooks.accounting"})
_LONGEST_REQUEST_ID = 50
_LONGEST_BATCH_REQUEST_ID = 36


class QuickBooksVendor:
    """Answers every request a QuickBooks client can make here."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        desk: CompanyTokens,
        oauth: OAuthDoor,
        limits: RateLimits,
        item_faults: ItemFaults,
        company: Callable[[str], Company | None],
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._oauth = oauth
        self._limits = limits
        self._item_faults = item_faults
        self._company = company
        self._tids = itertools.count(1)

    def handle(self, request: Request) -> Response:
        """Carry a request out; every answer bears an ``intuit_tid``."""
        if self._oauth.answers(request):
            response = self._oauth.handle(request)
        else:
            response = self._api(request)
        return self._with_tid(response)

    def enter(self, request: Request) -> Response | None:
        """Let a call to a company begin, or refuse it where too many are under way."""
        match = _PATH.fullmatch(request.path)
        if match is None or self._limits.enter(match["realm"]):
            return None
        return self._with_tid(self._refusal(throttled(), "en"))

    def leave(self, request: Request) -> None:
        """Take note that a call to a company has ended."""
        if match := _PATH.fullmatch(request.path):
            self._limits.leave(match["realm"])

    def label(self, request: Request) -> str:
        """Name the operation: ``JournalEntry.create``, ``batch.create``, ``JournalEntry.query``, ``oauth.tokens`` …"""
        match = _PATH.fullmatch(request.path)
        if match is None:
            return "oauth." + request.path.rsplit("/", 1)[-1] if self._oauth.answers(request) else "unknown"
        first, _, second = match["rest"].partition("/")
        if first == "query":
            found = re.search(r"\bfrom\s+(\w+)", _query_text(request), re.IGNORECASE)
            kind = kind_by_path(found[1]) if found else None
            return f"{kind.name if kind else 'unknown'}.query"
        if first == "reports":
            return f"{second}.report"
        if first == "batch":
            return f"batch.{_batched(request)}"
        kind = kind_by_path(first)
        if kind is None:
            return first
        return f"{kind.name}.{_operation(request)}"

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        """Say throttled or unauthorised, as ordered."""
        if kind is FaultKind.THROTTLE:
            return self._with_tid(self._refusal(throttled(), "en"))
        return self._with_tid(self._unauthorized(request))

    def _api(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        if match is None:
            return Response(404, b"<html><body>Not Found</body></html>", "text/html")
        realm, rest = match["realm"], match["rest"]
        allowed = self._allowed_realm(request)
        if allowed is None:
            return self._unauthorized(request)
        company = self._company(realm)
        if allowed != realm or company is None or not self._desk.may(bearer(request), _SCOPES):
            detail = "This token gives no access to this company."
            return self._refusal(RefusalError("3100", detail, status=403, kind="AUTHORIZATION"), "en")
        with company.lock:
            try:
                weights = {"batches": 1, "items": len(items_in(decode(request.body)))} if rest == "batch" else {}
                if self._limits.count(realm, "calls", "at_once", **weights).problem:
                    raise throttled()
                if not company.settings.is_active:
                    raise RefusalError("6190", "Subscription period has ended or canceled.")
                return self._answer(company, rest, request)
            except RefusalError as refusal:
                return self._refusal(refusal, company.settings.language)
            finally:
                company.save()

    def _answer(self, company: Company, rest: str, request: Request) -> Response:
        request_id = request.query.get("requestid", "")
        if request.method != "POST" or rest == "query" or not request_id:
            return answer(self._carry_out(company, rest, request), self._clock.now())
        longest = _LONGEST_BATCH_REQUEST_ID if rest == "batch" else _LONGEST_REQUEST_ID
        if len(request_id) > longest:
            raise RefusalError("2130", f"The requestid is longer than {longest} characters")
        asked = fingerprint(request, rest, sorted(request.query.items()))
        if earlier := company.repeated(request_id):
            if company.settings.request_ids == "refuse" or earlier.asked != asked:
                raise RefusalError("600", "The request id is already in use", element="requestid")
            if rest == "batch" and company.settings.batch_repeats == "6000":
                return answer(unexpected(company, decode(request.body)), self._clock.now())
            if company.settings.request_ids == "replay":
                return earlier.response()
        response = answer(self._carry_out(company, rest, request), self._clock.now())
        company.remember(request_id, asked, response)
        return response

    def _carry_out(self, company: Company, rest: str, request: Request) -> JsonObject:
        first, _, second = rest.partition("/")
        if first == "query":
            return self._query(company, request)
        if request.method == "GET":
            return self._read(company, first, second, request)
        if first == "batch":
            return run_batch(company, decode(request.body), self._item_faults, is_named="requestid" in request.query)
        kind = kind_by_path(first)
        if kind is None or second or request.method != "POST":
            raise RefusalError("500", f"Unsupported Operation : {request.method} {rest} is not supported.")
        if "json" not in request.header("content-type"):
            raise RefusalError("1050", "Send application/json", status=415)
        company.check_shown(kind.name)
        return _write(company, kind, request)

    def _query(self, company: Company, request: Request) -> JsonObject:
        if request.method == "POST" and "text" not in request.header("content-type"):
            raise RefusalError("1050", "Send application/text", status=415)
        query = parse(_query_text(request))
        company.check_shown(query.kind.name)
        return {"QueryResponse": select(company, query)}

    def _read(self, company: Company, first: str, second: str, request: Request) -> JsonObject:
        query = request.query
        match first.lower():
            case "cdc":
                return changes(company, query.get("entities", ""), query.get("changedSince", ""))
            case "preferences":
                return {"Preferences": preferences(company)}
            case "exchangerate":
                asked = query.get("sourcecurrencycode", ""), query.get("asofdate", "")
                return {"ExchangeRate": exchange_rate(company, *asked)}
            case "companyinfo":
                return {"CompanyInfo": company_info(company)}
            case "reports" if second == "TrialBalance":
                return trial_balance_report(company, query.get("start_date", ""), query.get("end_date", ""))
            case "reports" if second == "ProfitAndLoss":
                return profit_and_loss_report(company, query.get("start_date", ""), query.get("end_date", ""))
        kind = kind_by_path(first)
        if kind is None or not second:
            raise RefusalError("500", f"Unsupported Operation : GET {first} is not supported.")
        company.check_shown(kind.name)
        return {kind.name: shown(company, kind.name, documents.existing(company, kind, second))}

    def _allowed_realm(self, request: Request) -> str | None:
        return self._desk.realm_of(bearer(request))

    def _unauthorized(self, request: Request) -> Response:
        """Refuse as the gateway does: other names, in lower case."""
        token = "Token expired" if request.header("authorization") else "Token missing"
        error = {
            "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
            "detail": f"{token}: please refresh it",
            "code": "3200",
            "element": None,
        }
        body = {
            "warnings": None,
            "intuitObject": None,
            "fault": {"error": [error], "type": "AUTHENTICATION"},
            "requestId": None,
            "time": int(self._clock.now().timestamp() * 1000),
            "status": None,
        }
        return Response(401, encode(body))

    def _refusal(self, refusal: RefusalError, language: str) -> Response:
        body = {**fault(refusal, language), "time": on_the_wire(self._clock.now())}
        return Response(refusal.status, encode(body))

    def _with_tid(self, response: Response) -> Response:
        tid = {"intuit_tid": f"1-{next(self._tids):08x}-sandbox"}
        return Response(response.status, response.body, response.content_type, {**response.headers, **tid})


def _write(company: Company, kind: Kind, request: Request) -> JsonObject:
    body = decode(request.body)
    includes = request.query.get("include", "").lower().split(",")
    duplicates = "allowduplicatedocnum" in includes
    match _operation(request):
        case "delete":
            return {kind.name: documents.delete(company, kind, body)}
        case "void":
            by = "operation" if request.query.get("operation") == "void" else "include"
            written = documents.void(company, kind, body, by=by)
        case "update":
            written = documents.update(company, kind, body, allows_duplicate=duplicates)
        case _:
            written = documents.create(company, kind, body, allows_duplicate=duplicates)
    return {kind.name: shown(company, kind.name, written)}


def _operation(request: Request) -> str:
    if request.method == "GET":
        return "read"
    stated = request.query.get("operation", "").lower()
    if stated in {"delete", "void"}:
        return stated
    if "void" in request.query.get("include", "").lower().split(","):
        return "void"
    try:
        body = decode(request.body)
    except RefusalError:
        return "create"
    return "update" if body.get("Id") else "create"


def _batched(request: Request) -> str:
    """Name the one operation of all items of a batch, or say that they are several."""
    try:
        operations = {str(item.get("operation", "query")) for item in items_in(decode(request.body))}
    except RefusalError:
        return "unreadable"
    return operations.pop() if len(operations) == 1 else "mixed"


def _query_text(request: Request) -> str:
    if request.method == "POST":
        return request.body.decode("utf-8", "replace")
    return request.query.get("query", "")
