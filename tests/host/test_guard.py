"""The trust boundary: out of a plugin come our errors and the promised types, in time, and nothing else."""

import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

import msgspec
import pytest

from bridge.errors import HoldError, InvariantError, PausedError, PluginError, RateLimitedError, RejectedError
from bridge.host import sending
from bridge.host.guard import Guard
from bridge.host.guarded_sink import GuardedSink
from bridge.host.guarded_source import GuardedSource
from bridge.host.side_thread import SideThread
from bridge.model.documents import DocumentKind
from bridge.model.vouchers import LedgerCopy, LedgerLine
from bridge.plugin import (
    Absent,
    BatchingSink,
    ChangingSink,
    CreatingSink,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    LookUp,
    Made,
    Master,
    MasterKind,
    Observation,
    Parcel,
    PlanRequest,
    Present,
    RatedSink,
    Sink,
    Sought,
    SummingSink,
    UndoingSink,
    Unread,
)
from bridge.store.api import writing
from bridge.transport import HostSession
from tests.fakes.clock import FakeClock
from tests.host.plugins import NOON, Books, Shop, copy, entry, ledger_facts, sound_parts, voucher

Says = dict[str, Callable[[Any], Any]]
EMPTY = Observation(NOON.date(), NOON.date(), frozenset())


class File:
    """A file of nothing."""

    name, size, charset = "june.txt", 0, ""

    def open(self) -> BinaryIO:
        return BytesIO()


def guard(*hosts: str, seconds: float = 5) -> Guard:
    return Guard("books", "main", hosts=frozenset(hosts), seconds=seconds)


def sink(says: Says | None = None, *, hosts: tuple[str, ...] = (), seconds: float = 5) -> GuardedSink:
    return GuardedSink(Books(says=says), guard(*hosts, seconds=seconds), ("JournalEntry",))


def source(parts: Callable[[], Iterator[Any]]) -> GuardedSource:
    return GuardedSource(Shop(parts), guard())


def raising(error: BaseException) -> Callable[[Any], Any]:
    def raise_it(_: Any) -> Any:
        raise error

    return raise_it


def returning(answer: Any) -> Callable[[Any], Any]:
    return lambda _: answer


def call_everything(guarded: GuardedSink) -> dict[str, Callable[[], Any]]:
    """Every call of a sink, as something to do."""
    facts = ledger_facts("main", NOON)
    return {
        "facts": guarded.facts,
        "plan": lambda: guarded.plan(
            PlanRequest(entry=entry(), accounts={}, facts=facts, prefix="AMZ", dated_on=NOON.date())
        ),
        "render": lambda: guarded.render(voucher()),
        "send": lambda: guarded.send(voucher(), "brk_1-0"),
        "look_up": lambda: guarded.look_up(voucher()),
        "same_amount": lambda: guarded.same_amount(voucher()),
        "observe": lambda: list(guarded.observe(EMPTY)),
        "read_back": lambda: list(guarded.read_back([("JournalEntry", "17")])),
    }


def crashing() -> Iterator[Any]:
    yield from sound_parts()[:2]
    _ = 1 // 0


CALLS = sorted(call_everything(sink()))


def test_sound_plugin_passes_unchanged() -> None:
    calls = call_everything(sink({"facts": lambda _: ledger_facts("main", NOON)}))

    assert calls["facts"]() == ledger_facts("main", NOON)
    assert calls["plan"]() == (voucher(),)
    assert calls["render"]() == b"brk_1"
    assert calls["send"]() == copy()
    assert calls["look_up"]() == Present(copy())
    assert calls["same_amount"]() == (copy(),)
    assert calls["observe"]() == [(copy(),)]
    assert calls["read_back"]() == [("17", Absent())]
    assert sink().settle_seconds == 30
    assert list(source(lambda: iter(sound_parts())).read_file(File())) == sound_parts()


@pytest.mark.parametrize("name", CALLS)
def test_exception_of_a_plugin_becomes_a_plugin_error_that_tells_no_secret(name: str) -> None:
    calls = call_everything(sink({name: raising(KeyError("token-4711"))}))

    with pytest.raises(PluginError, match=rf"plugin books \(main\) {name}: raised KeyError at ") as error:
        calls[name]()
    assert error.value.code == "plugin.exception"
    assert "4711" not in str(error.value)
    assert isinstance(error.value.__cause__, KeyError)


@pytest.mark.parametrize("name", CALLS)
def test_wrong_type_from_a_plugin_becomes_a_plugin_error(name: str) -> None:
    wrong: dict[str, Any] = {"observe": iter([[copy()]]), "read_back": iter([("17", None)])}
    calls = call_everything(sink({name: lambda _: wrong.get(name, "something")}))

    with pytest.raises(PluginError, match="is promised") as error:
        calls[name]()
    assert error.value.code == "plugin.type"


@pytest.mark.parametrize("name", CALLS)
def test_plugin_that_hangs_is_given_up_and_the_next_call_goes_on(name: str) -> None:
    release = threading.Event()
    guarded = sink({name: lambda _: release.wait()}, seconds=0.05)
    try:
        with pytest.raises(PluginError, match=r"did not return within 0\.05 s") as error:
            call_everything(guarded)[name]()
        assert guarded.settle_seconds == 30
    finally:
        release.set()
    assert error.value.code == "plugin.deadline"


@pytest.mark.parametrize("error", [RateLimitedError("books", retry_after_seconds=3), HoldError("a", "b", "c")])
def test_our_own_errors_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as passed:
        sink({"send": raising(error)}).send(voucher(), "k")
    assert passed.value is error


def test_invariant_broken_inside_a_plugin_is_the_plugins_fault_and_halts_nothing() -> None:
    with pytest.raises(PluginError, match="broke a promise of the model: voucher X, off by 5") as error:
        sink({"send": raising(InvariantError("voucher X", "off by 5", "Report it"))}).send(voucher(), "k")
    assert error.value.code == "plugin.invariant"


@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit()])
def test_what_ends_programs_does_not_end_ours_when_a_plugin_raises_it(error: BaseException) -> None:
    with pytest.raises(PluginError, match=f"raised {type(error).__name__}") as refusal:
        sink({"send": raising(error)}).send(voucher(), "k")
    assert refusal.value.code == "plugin.exception"


def test_keyboard_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        sink({"send": raising(KeyboardInterrupt())}).send(voucher(), "k")


def test_what_a_plugin_prints_stays_out_of_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine that reads our JSON reads nothing else."""

    def chatter(_: Any) -> Any:
        print("hello from a plugin")  # noqa: T201 as careless plugins do
        return copy()

    sink({"send": chatter}).send(voucher(), "k")
    with pytest.raises(PluginError):
        sink({"send": raising(KeyError())}).send(voucher(), "k")
    sys.stdout.write("ours")

    said = capsys.readouterr()
    assert (said.out, said.err) == ("ours", "hello from a plugin\n")


def test_interrupted_person_does_not_wait_for_a_plugin_that_hangs() -> None:
    """Ctrl-C while a page is awaited: neither the page nor its clean-up is waited for."""
    release = threading.Event()
    person = threading.get_ident()

    def pages(_: Any) -> Iterator[Any]:
        signal.pthread_kill(person, signal.SIGINT)
        release.wait()
        yield ()

    try:
        with pytest.raises(KeyboardInterrupt):
            list(sink({"observe": pages}, seconds=60).observe(EMPTY))
        assert not release.is_set()
    finally:
        release.set()


@pytest.mark.parametrize("amount", [5.0, 5.5, True, "5", Decimal(5), None])
def test_amount_that_is_no_whole_number_never_gets_in(amount: object) -> None:
    """F29: no float near money, whatever a plugin does."""
    wrong = copy(lines=(LedgerLine("1", amount), LedgerLine("2", -5)))  # type: ignore[arg-type]

    for name, answer in {"send": wrong, "look_up": Present(wrong), "observe": iter([(wrong,)])}.items():
        with pytest.raises(PluginError, match="amount_minor") as error:
            call_everything(sink({name: returning(answer)}))[name]()
        assert error.value.code == "plugin.type"


def test_voucher_that_does_not_add_up_is_the_plugins_fault() -> None:
    """A voucher whose checks were dodged is made again on its way out."""
    lines = tuple({"account": {"ledger_id": "1", "number": "", "name": ""}, "amount_minor": 5} for _ in range(1))
    dodged = voucher()
    msgspec.structs.force_setattr(dodged, "lines", msgspec.convert(lines, tuple[Any, ...]))

    with pytest.raises(PluginError) as error:
        call_everything(sink({"plan": lambda _: (dodged,)}))["plan"]()
    assert error.value.code == "plugin.invariant"


def connects_to(host: str) -> Callable[[Any], Any]:
    def connect(_: Any) -> Any:
        with socket.create_connection((host, 9), timeout=1):
            return copy()

    return connect


@pytest.mark.parametrize("host", ["evil.example", "203.0.113.5", "::1"])
def test_undeclared_host_is_never_reached(host: str) -> None:
    """D19: a plugin that goes round the host's session is stopped before a name is looked up."""
    with pytest.raises(PluginError, match=f"reached for {host}, a host it does not declare") as error:
        sink({"send": connects_to(host)}, hosts=("api.example",)).send(voucher(), "k")
    assert error.value.code == "plugin.undeclared_host"


def test_undeclared_host_is_told_even_if_the_plugin_hides_it() -> None:
    def hide(_: Any) -> Any:
        try:
            socket.getaddrinfo("evil.example", 443)
        except Exception:  # noqa: BLE001 as careless plugins do
            return copy()

    with pytest.raises(PluginError, match=r"evil\.example"):
        sink({"send": hide}).send(voucher(), "k")


def test_address_behind_nobodys_name_is_undeclared() -> None:
    def connect(_: Any) -> Any:
        with socket.socket() as plain:
            plain.connect(("198.51.100.7", 9))

    with pytest.raises(PluginError, match=r"198\.51\.100\.7") as error:
        sink({"send": connect}, hosts=("api.example",)).send(voucher(), "k")
    assert error.value.code == "plugin.undeclared_host"


def test_declared_host_may_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def connect(_: Any) -> Any:
            with socket.create_connection(("localhost", port), timeout=1):
                return copy()

        assert sink({"send": connect}, hosts=("localhost",)).send(voucher(), "k") == copy()


def test_planning_and_rendering_reach_no_host_at_all() -> None:
    """D06: what is planned depends on nothing but what is given."""
    guarded = sink({"render": connects_to("localhost")}, hosts=("localhost",))

    with pytest.raises(PluginError, match="reached for localhost"):
        guarded.render(voucher())


def test_fence_is_down_once_the_call_is_over() -> None:
    with pytest.raises(PluginError):
        sink({"send": connects_to("evil.example")}).send(voucher(), "k")

    assert socket.getaddrinfo("127.0.0.1", 9)


def test_each_page_has_the_deadline_to_itself_and_a_hang_midway_is_found() -> None:
    release = threading.Event()

    def pages(_: Any) -> Iterator[Any]:
        yield (copy(ref="1"),)
        yield (copy(ref="2"),)
        release.wait()

    reading = sink({"observe": pages}, seconds=0.1).observe(EMPTY)
    try:
        assert list(islice(reading, 2)) == [(copy(ref="1"),), (copy(ref="2"),)]
        with pytest.raises(PluginError, match="did not return"):
            next(reading)
    finally:
        release.set()


def test_reader_that_stops_early_lets_the_plugin_clean_up() -> None:
    cleaned = []

    def pages(_: Any) -> Iterator[Any]:
        try:
            yield (copy(),)
            yield (copy(),)
        finally:
            cleaned.append(True)

    reading = sink({"observe": pages}).observe(EMPTY)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert cleaned == [True]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (lambda: iter([DocumentEnd()]), "DocumentEnd out of turn"),
        (lambda: iter([DocumentLines(())]), "DocumentLines out of turn"),
        (lambda: iter([sound_parts()[0], sound_parts()[0]]), "DocumentStart out of turn"),
        (lambda: iter(sound_parts()[:2]), "did not end its last document"),
        (lambda: iter([{"kind": "settlement"}]), "returned dict where DocumentStart"),
        (lambda: iter([started(total_minor=1.5)]), "total_minor"),
        (lambda: iter([started(closed_at=NOON.replace(tzinfo=None))]), "without a zone"),
        (lambda: iter([started(external_id="")]), "without an id"),
        (lambda: None, "raised TypeError"),
        (crashing, "raised ZeroDivisionError"),
    ],
)
def test_documents_that_break_the_contract_are_refused(parts: Callable[[], Iterator[Any]], said: str) -> None:
    with pytest.raises(PluginError, match=said):
        list(source(parts).read_file(File()))


def started(**changes: Any) -> DocumentStart:
    return msgspec.structs.replace(
        DocumentStart(
            kind=DocumentKind.SETTLEMENT,
            external_id="778",
            currency="USD",
            total_minor=100,
            opened_at=NOON,
            closed_at=NOON,
        ),
        **changes,
    )


@pytest.mark.parametrize("answers", [[], [("18", Absent())], [("17", Absent()), ("17", Absent())], ["17"]])
def test_read_back_answers_each_ref_once_and_in_order(answers: list[Any]) -> None:
    """F07: an answer that is left out must not be taken for absence."""
    with pytest.raises(PluginError) as error:
        list(sink({"read_back": lambda _: iter(answers)}).read_back([("JournalEntry", "17")]))
    assert error.value.code == "plugin.contract"


@pytest.mark.parametrize(
    ("unread", "code"),
    [
        (Unread("JournalEntry", "the plan has none", "Raise the plan"), "plugin.contract"),
        (Unread("Bill", "", "Raise the plan"), "plugin.type"),
    ],
)
def test_what_a_sink_writes_it_must_read_and_what_it_does_not_read_it_gives_a_reason_for(
    unread: Unread, code: str
) -> None:
    with pytest.raises(PluginError) as error:
        list(sink({"observe": lambda _: iter([unread])}).observe(EMPTY))
    assert error.value.code == code


def test_calls_leave_no_thread_behind() -> None:
    before = set(threading.enumerate())
    for _ in range(20):
        sink().send(voucher(), "k")
        with pytest.raises(PluginError):
            sink({"send": raising(KeyError())}).send(voucher(), "k")
    gc.collect()

    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


def test_a_generator_that_the_collector_closes_after_its_thread_ends_does_not_wait_for_it() -> None:
    """The thread and the generator are garbage together: the thread is told to end before the generator is closed."""
    closed: list[str] = []

    class Held:
        """Keeps a side thread in a circle with a generator that uses it while it is closed."""

        def __init__(self) -> None:
            self.thread = SideThread("circle")
            self.pages = self._pages()
            next(self.pages)

        def _pages(self) -> Iterator[int]:
            try:
                yield self.thread.run(lambda: 1, 5)
            finally:
                closed.append(self.thread.run(lambda: "closed", 5))

    held = Held()
    del held
    gc.collect()

    assert closed == ["closed"]


def test_no_sink_is_called_while_a_unit_of_work_writes() -> None:
    """A planted violation: vouchers planned, or bodies rendered, inside the unit that owes them."""
    ours = sink()
    request = PlanRequest(
        entry=entry(), accounts={}, facts=ledger_facts("books", NOON), prefix="AMZ", dated_on=NOON.date()
    )
    calls: list[Callable[[], object]] = [
        lambda: ours.plan(request),
        lambda: ours.render(voucher(), {}),
        ours.facts,
    ]
    for call in calls:
        with pytest.raises(InvariantError) as refused, writing():
            call()
        assert refused.value.code == "plugin.in_unit"


class Lots(Books):
    """Sends and looks up several."""

    def send_batch(self, parcels: Any) -> Any:
        return self._answer("send_batch", tuple(copy() for _ in parcels))

    def look_up_batch(self, sought: Any) -> Any:
        return self._answer("look_up_batch", tuple(Absent() for _ in sought))


def lots(**says: Any) -> GuardedSink:
    return GuardedSink(Lots(says={name: returning(answer) for name, answer in says.items()}), guard(), ())


TWO = (Parcel(voucher(), "k-0"), Parcel(voucher(), "k-1"))


def test_each_outcome_of_a_batch_is_one_that_the_contract_names() -> None:
    refused = RejectedError("voucher", "is refused", "Look at it", code="books.no")
    assert lots().send_batch(TWO) == (copy(), copy())
    assert lots(send_batch=(refused, copy())).send_batch(TWO) == (refused, copy())
    broken, sound = lots(send_batch=({"ref": "7"}, copy())).send_batch(TWO)
    assert isinstance(broken, PluginError)
    assert broken.code == "plugin.type"
    assert sound == copy()


@pytest.mark.parametrize("answer", [(), (copy(),), [copy(), copy()], (copy(),) * 3, None])
def test_batch_that_is_not_answered_for_each_leaves_all_open(answer: Any) -> None:
    with pytest.raises(PluginError) as error:
        lots(send_batch=answer).send_batch(TWO)
    assert error.value.code == "plugin.contract"
    with pytest.raises(PluginError):
        lots(look_up_batch=answer).look_up_batch([Sought(voucher()), Sought(voucher())])


def test_sink_without_batches_sends_one_and_is_asked_one_after_another() -> None:
    assert sink().send_batch(TWO[:1]) == (copy(),)
    assert sink().look_up_batch([Sought(voucher()), Sought(voucher())]) == (Present(copy()), Present(copy()))


class Rated(Books):
    """Knows rates."""

    def rates(self, wanted: Any) -> Any:
        return self._answer("rates", dict.fromkeys(wanted, "1.09"))


DAYS = [("EUR", NOON.date()), ("JPY", NOON.date())]


def test_rates_are_plain_text_above_nought_for_days_that_were_asked_for() -> None:
    assert GuardedSink(Rated(), guard(), ()).rates(DAYS) == dict.fromkeys(DAYS, "1.09")
    assert sink().rates(DAYS) == {}


@pytest.mark.parametrize(
    "answer",
    [
        *({DAYS[0]: rate} for rate in ("0", "0.00", "-1", "1,09", "1e3", "", 1.09, None)),
        {("GBP", NOON.date()): "1.09"},
        ["1.09"],
        None,
    ],
)
def test_rates_that_are_none_are_refused(answer: Any) -> None:
    with pytest.raises(PluginError):
        GuardedSink(Rated(says={"rates": returning(answer)}), guard(), ()).rates(DAYS)


class Writing(Lots):
    """Writes in every way there is."""

    def create(self, master: Master) -> Made:
        return Made("7", master.name, is_new=True)

    def hindrance(self, kind: str, ref: str, beside: frozenset[str]) -> tuple[LookUp, str]:
        return Absent(), ""

    def undo(self, kind: str, copy: LedgerCopy) -> None:
        return None


MASTER = Master(kind=MasterKind.ACCOUNT, name="Sales")
WRITES: Mapping[str, Callable[[GuardedSink], object]] = {
    "send": lambda sink: sink.send(voucher(), "k"),
    "send_batch": lambda sink: sink.send_batch(TWO),
    "create": lambda sink: sink.create(MASTER),
    "undo": lambda sink: sink.undo("JournalEntry", copy()),
}


def stopped() -> None:
    raise PausedError("deliveries", "stopped", "Wait", code="paused.deliveries")


@pytest.mark.parametrize("name", WRITES)
def test_all_that_writes_to_a_ledger_meets_one_gate_and_nothing_that_reads_does(name: str) -> None:
    """F56: the switch stands where sinks are handed out, not in whoever uses them."""
    WRITES[name](GuardedSink(Writing(), guard(), ()))
    ours = GuardedSink(Writing(), guard(), (), stopped)
    with pytest.raises(PausedError):
        WRITES[name](ours)
    ours.look_up_batch([Sought(voucher())])
    ours.hindrance("JournalEntry", "7", frozenset())


def test_a_write_that_waited_its_turn_under_a_limit_meets_the_gate_before_it_leaves() -> None:
    """Somebody pulled the switch while it waited; reading waits on, and is not stopped."""
    gates, session = iter((lambda: None, stopped)), HostSession(frozenset({"localhost"}), FakeClock())
    session.leaves = sending.leaves

    def gate() -> None:
        next(gates)()

    def call(_: Any) -> Any:
        session.get("http://localhost:9/")

    ours = GuardedSink(Lots(says={"send_batch": call}), guard("localhost"), (), gate)
    with pytest.raises(PausedError):
        ours.send_batch(TWO)
    reading = GuardedSink(Lots(says={"look_up_batch": call}), guard("localhost"), (), stopped)
    with pytest.raises(PluginError, match="raised ConnectionError"):
        reading.look_up_batch([Sought(voucher())])


def test_whoever_adds_a_way_to_write_is_told_of_the_gate() -> None:
    """What a sink may do by contract: each is known to read, to be pure, or to write through the gate."""
    reads = {"facts", "plan", "render", "look_up", "look_up_batch", "same_amount", "observe", "read_back", "rates"}
    reads |= {"hindrance", "changes", "standing", "balances_on", "profit_and_loss", "settle_seconds"}
    kinds = (Sink, BatchingSink, RatedSink, UndoingSink, ChangingSink, SummingSink, CreatingSink)
    known = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}
    assert known == reads | set(WRITES)
