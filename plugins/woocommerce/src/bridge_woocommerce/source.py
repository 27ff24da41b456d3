"""The Source: what WooCommerce's plugin declares, and how it reads a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

from bridge.errors import DocumentError, PluginError
from bridge.model.entries import Mode
from bridge.model.money import NOT_KNOWN, exponent
from bridge.plugin import FilePart, FileType, Source, SourceCapabilities, SourceContext, SourceFile, SourceOffer
from bridge_woocommerce import orders, refunds
from bridge_woocommerce.answers import Answer, answers
from bridge_woocommerce.built import Built
from bridge_woocommerce.notes import Notes
from bridge_woocommerce.refusal import FactError, Place
from bridge_woocommerce.refused import BRING
from bridge_woocommerce.settings import WooCommerceConnection, WooCommerceSettings
from bridge_woocommerce.shapes import Order, OrderFacts, Refund

Known = Callable[[str], OrderFacts | None]
READ = (
    FileType(
        "Orders, as saved from /wp-json/wc/v3/orders (JSON): the answer alone, or with request, status and headers."
    ),
    FileType("Refunds, as saved from /wp-json/wc/v3/refunds or /wp-json/wc/v3/orders/ID/refunds (JSON)."),
)
TENDERS = (
    ("stripe*", "1220"),
    ("ppcp*", "1230"),
    ("paypal*", "1230"),
    ("woocommerce_payments*", "1240"),
    ("cod", "1250"),
    ("bacs", "1250"),
    ("cheque", "1250"),
    ("*", "1240"),
)
_NEVER = datetime.min.replace(tzinfo=UTC)


def nothing_known(_order_id: str) -> OrderFacts | None:
    """What is known of an order that no file at hand holds."""
    return None


class WooCommerceSource:
    """Reads one shop's saved answers.

    currency: see ``WooCommerceConnection``. known: the facts of an order that was taken in before, by its id.
    looks_only: files are shown and nothing is kept: orders of files before are remembered, and a refund whose currency
    nobody tells is shown without one.
    """

    def __init__(
        self, *, max_file_megabytes: int, currency: str = "", known: Known = nothing_known, looks_only: bool = False
    ) -> None:
        self._max_megabytes, self._currency, self._known = max_file_megabytes, currency, known
        self._looks_only = looks_only
        self._shown: dict[int, OrderFacts] = {}

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The orders of a file, each with its gateway's fee, then the refunds."""
        place = Place(file.name)
        if file.size > self._max_megabytes * 1_000_000:
            raise place.refuse(
                f"has {file.size // 1_000_000} MB, more than the {self._max_megabytes} MB that are allowed",
                code="woocommerce.file.too_large",
                next_step="Save fewer orders a file, or raise max_file_megabytes under [plugins.woocommerce]",
            )
        with file.open() as stream:
            found = _latest(answers(stream.read(), place))
        if not found:
            raise place.refuse(
                "holds no order and no refund, as the page after the last one",
                code="woocommerce.file.empty",
                next_step=BRING,
            )
        for document in self._documents(found, place):
            yield from document.parts()

    def _documents(self, found: Sequence[Answer], place: Place) -> list[Built]:
        """Raises: DocumentError naming the order or refund."""
        documents: list[Built] = []
        facts: dict[int, OrderFacts] = {}
        notes = Notes(place, self._currency)
        for answer in found:
            if isinstance(answer.told, Order):
                order = orders.minimised(answer.told)
                with _Naming(place, f"order {order.id}"):
                    _check_currency(order.currency, answer.decimals)
                    facts[order.id] = orders.facts_of(order)
                    if self._looks_only:
                        self._shown[order.id] = facts[order.id]
                    documents += orders.order_documents(order, answer.told_at, place, self._currency)
                notes.add(order)
        given_back = [(answer.told, answer) for answer in found if isinstance(answer.told, Refund)]
        documents += [self._refund(refund, answer, facts, place) for refund, answer in given_back]
        of_file = tuple(notes.problems({refund.id for refund, _ in given_back}))
        last = documents[-1]
        return [*documents[:-1], msgspec.structs.replace(last, problems=(*last.problems, *of_file))]

    def _refund(self, told: Refund, answer: Answer, facts: Mapping[int, OrderFacts], place: Place) -> Built:
        with _Naming(place, f"refund {told.id}"):
            if not told.parent_id:
                raise FactError("does not name its order", code="woocommerce.refund.order", next_step=BRING)
            shown = self._shown.get(told.parent_id)
            of_order = facts.get(told.parent_id) or answer.facts or shown or self._known(str(told.parent_id))
            unknown = NOT_KNOWN if self._looks_only else ""
            currency = of_order.currency if of_order is not None else told.currency or self._currency or unknown
            if not currency:
                raise FactError(
                    f"is of order {told.parent_id}, which is not at hand, so that its currency is not known",
                    code="woocommerce.refund.currency",
                    next_step="Put the answers with the order and the refund into one file (a JSON list of both), or, "
                    "for a shop that sells in one currency, name it as `currency` of the connection",
                )
            _check_currency(currency, answer.decimals)
            refund = refunds.minimised(told, currency)
            return refunds.refund_document(refund, answer.told_at, of_order, place)


class _Naming:
    """Turns a fact that cannot be read into a refusal of the file that names the order or refund."""

    def __init__(self, place: Place, what: str) -> None:
        self._place, self._what = place, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, FactError):
            raise self._place.refuse(
                error.cause, code=error.code, what=self._what, next_step=error.next_step
            ) from error


def _latest(found: Iterator[Answer]) -> list[Answer]:
    """Each order and refund once, in the order of the file: the answer that was given last, else the one read last."""
    kept: dict[tuple[type, int], Answer] = {}
    for answer in found:
        name = type(answer.told), answer.told.id
        before = kept.get(name)
        if before is None or (answer.told_at or _NEVER) >= (before.told_at or _NEVER):
            kept[name] = answer
    return list(kept.values())


def _check_currency(code: str, decimals: int | None) -> None:
    """Raises: FactError for no currency, or when the shop was asked to leave decimals of it out."""
    try:
        places = exponent(code)
    except DocumentError as error:
        cause, leave_out = f"is in {code[:12]!r}, which is no currency of ISO 4217", "Leave it out of the file"
        raise FactError(cause, code="woocommerce.file.currency", next_step=leave_out) from error
    if decimals is not None and decimals < places:
        cause = f"was asked for with dp={decimals}, so that its amounts are rounded; {code} has {places} decimals"
        raise FactError(cause, code="woocommerce.file.decimals", next_step="Ask with dp=6, or without dp")


def offer() -> SourceOffer:
    """What the plugin offers to the host."""
    return SourceOffer(
        name="woocommerce",
        title="WooCommerce",
        version=version("bridge-woocommerce"),
        capabilities=SourceCapabilities(
            modes=(Mode.DAY, Mode.ORDER), files=READ, clearing="1250", bank="1000", prefix="WOO", tenders=TENDERS
        ),
        build=build,
        app_settings=WooCommerceSettings,
        connection_settings=WooCommerceConnection,
    )


def build(context: SourceContext) -> Source:
    """The source of one connection. Raises: PluginError when the host hands over another plugin's settings."""
    app, settings = context.app, context.settings
    if not isinstance(app, WooCommerceSettings) or not isinstance(settings, WooCommerceConnection):
        raise PluginError(f"connection {context.connection}", "got settings that are not WooCommerce's", "Report this")

    def known(order_id: str) -> OrderFacts | None:
        order = context.order(order_id)
        return None if order is None else orders.facts_of_known(order)

    return WooCommerceSource(
        max_file_megabytes=app.max_file_megabytes,
        currency=settings.currency,
        known=known,
        looks_only=not context.account,
    )
