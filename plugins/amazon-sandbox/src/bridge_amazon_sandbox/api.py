"""Amazon's side of HTTP: which address means what, who is let in, what is answered."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Final

from bridge.sandbox import Bucket, FaultKind, JsonObject, Request, Response, encode
from bridge_amazon_sandbox.access import SIGNED_SECONDS, AccessDesk
from bridge_amazon_sandbox.finances import LISTS
from bridge_amazon_sandbox.lists import listed, shown
from bridge_amazon_sandbox.marketplaces import MARKETPLACES
from bridge_amazon_sandbox.plans import PLANS
from bridge_amazon_sandbox.refusals import RefusalError, denied, expired, not_found, over_quota
from bridge_amazon_sandbox.seller import Report, Seller

_OPERATIONS: Final = (
    ("getMarketplaceParticipations", re.compile(r"/sellers/v1/marketplaceParticipations")),
    ("getReports", re.compile(r"/reports/2021-06-30/reports")),
    ("getReport", re.compile(r"/reports/2021-06-30/reports/(?P<id>[^/]+)")),
    ("getReportDocument", re.compile(r"/reports/2021-06-30/documents/(?P<id>[^/]+)")),
    ("listTransactions", re.compile(r"/finances/2024-06-19/transactions")),
    ("listBalances", re.compile(r"/finances/2024-06-19/balances")),
    ("listSummary", re.compile(r"/finances/2024-06-19/summary")),
    ("listPayouts", re.compile(r"/finances/transfers/2024-06-01/payouts")),
)
_TOKEN: Final = "/auth/o2/token"  # noqa: S105 - an address
_FILES: Final = "/files/"
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")


class AmazonVendor:
    """Answers for one seller account. on_answer: called before each answer; a test may change the account there."""

    def __init__(self, seller: Seller) -> None:
        self._seller, self._desk = seller, AccessDesk()
        self._buckets = {
            name: Bucket(seller.clock, is_on=True, maximum=plan.burst, restored=plan.rate)
            for name, plan in PLANS.items()
        }
        self.on_answer: Callable[[], None] = lambda: None
        self.base_url = ""

    def label(self, request: Request) -> str:
        """Name the operation as Amazon does; ``token`` and ``file`` beside those."""
        if request.path == _TOKEN:
            return "token"
        return "file" if request.path.startswith(_FILES) else self._operation(request)[0]

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        """Say ``throttle`` and ``unauthorized`` as the API does."""
        if kind is FaultKind.THROTTLE:
            plan = PLANS.get(self.label(request))
            return over_quota(plan.rate if plan is not None else 1).response
        return denied("The access token you provided has expired.").response

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.on_answer()
        seller = self._seller
        with seller.lock:
            now = seller.clock.now()
            if request.path == _TOKEN:
                return self._desk.give_token(request, seller.settings, now)
            if request.path.startswith(_FILES):
                return self._file(request)
            try:
                self._desk.check(request, now)
                return Response(200, encode(self._answer(request)), headers={"x-amzn-RequestId": "sandbox"})
            except RefusalError as refusal:
                return refusal.response

    def revoke_tokens(self) -> None:
        """No access token is good any more; the next is given for the refresh token."""
        self._desk.revoke()

    def _operation(self, request: Request) -> tuple[str, str]:
        for name, pattern in _OPERATIONS:
            if request.method == "GET" and (found := pattern.fullmatch(request.path)):
                return name, found.groupdict().get("id", "")
        return "unknown", ""

    def _answer(self, request: Request) -> JsonObject:
        seller = self._seller
        operation, identifier = self._operation(request)
        if operation in PLANS and seller.settings.limits == "on" and not self._buckets[operation].take(1):
            raise over_quota(PLANS[operation].rate)
        match operation:
            case "getMarketplaceParticipations":
                return {"payload": [self._participation(name) for name in seller.settings.sells_on]}
            case "getReports":
                return listed(seller.standing(), request.query, seller.settings, seller.clock.now())
            case "getReport":
                return shown(self._report(identifier), seller.settings)
            case "getReportDocument":
                return self._document(identifier)
        if operation in LISTS:
            return LISTS[operation](seller, request.query)
        raise not_found("The resource")

    def _report(self, report_id: str) -> Report:
        for report in self._seller.standing():
            if report.id == report_id:
                return report
        raise not_found("The report")

    def _document(self, document: str) -> JsonObject:
        seller = self._seller
        if not any(one.document == document and one.status == "DONE" for one in seller.standing()):
            raise not_found("The document")
        signature = self._desk.sign(document, seller.clock.now())
        told: JsonObject = {
            "reportDocumentId": document,
            "url": f"{self.base_url}{_FILES}{document}?X-Amz-Expires={SIGNED_SECONDS}&X-Amz-Signature={signature}",
        }
        return told | ({"compressionAlgorithm": "GZIP"} if seller.settings.compression == "gzip" else {})

    def _file(self, request: Request) -> Response:
        """A file, or a part of it; it minds what is shown beside the signature, as a signed address does."""
        seller, document = self._seller, request.path.removeprefix(_FILES)
        signature = request.query.get("X-Amz-Signature", "")
        is_more = any(name.startswith("x-amz-") or name == "authorization" for name in request.headers)
        if is_more or not self._desk.is_signed(document, signature, seller.clock.now()):
            return expired()
        settings, content = seller.settings, seller.files[document]
        body = gzip.compress(content, mtime=0) if settings.compression == "gzip" else content
        kind = f"text/plain;charset={settings.charset}" if settings.charset else "text/plain"
        wanted = _RANGE.fullmatch(request.header("range"))
        if wanted is None:
            return Response(200, body, kind)
        begin, end = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
        if begin >= len(body):
            return Response(416, b"", "application/xml", {"Content-Range": f"bytes */{len(body)}"})
        return Response(206, body[begin : end + 1], kind, {"Content-Range": f"bytes {begin}-{end}/{len(body)}"})

    def _participation(self, name: str) -> JsonObject:
        marketplace = MARKETPLACES[name]
        return {
            "marketplace": {
                "id": marketplace.id,
                "countryCode": marketplace.country,
                "name": name.capitalize(),
                "defaultCurrencyCode": marketplace.currency,
                "defaultLanguageCode": "en_US",
                "domainName": f"www.{name}",
            },
            "storeName": "Sandbox Store",
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
        }
