"""The session: what no plugin, and no vendor's library, can do with it."""

import gzip
from collections.abc import Callable, Iterator

import pytest
import requests
import responses
import structlog
from structlog.testing import capture_logs

from bridge.errors import PluginError
from bridge.model.budgets import Limit
from bridge.sandbox import FaultKind, Request, Response, SandboxServer
from bridge.transport import Budget, HostSession, ResponseTooLargeError
from tests.transport.clock import PatientClock

HERE = frozenset({"127.0.0.1"})
API = "https://api.example.com"


class Vendor:
    """Answers what it was told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer = Response(200, b"{}")
        self.asked: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer

    def label(self, request: Request) -> str:
        return request.method

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        return Response(401 if kind is FaultKind.UNAUTHORIZED else 429)


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """No level that an earlier test in this process has set."""
    structlog.reset_defaults()


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def server(vendor: Vendor) -> Iterator[SandboxServer]:
    with SandboxServer(vendor) as running:
        yield running


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mocked:
        yield mocked


def session(
    bearer: Callable[[], str] | None = None,
    *,
    hosts: frozenset[str] = frozenset({"api.example.com"}),
    renew: Callable[[str], str] | None = None,
    read_seconds: float = 5,
    max_response_bytes: int = 1000,
) -> HostSession:
    return HostSession(
        hosts,
        PatientClock(),
        bearer,
        renew=renew,
        read_seconds=read_seconds,
        max_response_bytes=max_response_bytes,
    )


# Where to


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/x",
        "https://api.example.com.evil.com/x",
        "https://api.example.com@evil.com/x",
        "https://evil.com#api.example.com",
        "https://[::1]/x",
    ],
)
def test_an_undeclared_host_is_never_called(net: responses.RequestsMock, url: str) -> None:
    with pytest.raises(PluginError) as refused:
        session().get(url)

    assert refused.value.code == "plugin.undeclared_host"
    assert len(net.calls) == 0


def test_money_never_travels_without_encryption(net: responses.RequestsMock) -> None:
    with pytest.raises(PluginError) as refused:
        session().get("http://api.example.com/x?token=hush")

    assert refused.value.code == "plugin.not_encrypted"
    assert "hush" not in str(refused.value)


def test_where_it_is_allowed_without_encryption_no_token_and_no_key_is_sent(net: responses.RequestsMock) -> None:
    net.get("http://api.example.com/x", json={})
    door = session(lambda: "token-1")
    door.plain_hosts, door.authorization = frozenset({"api.example.com"}), "Basic hush"
    door.get("http://api.example.com/x", headers={"Authorization": "Basic hush"})

    assert "Authorization" not in net.calls[0].request.headers


def test_this_machine_needs_no_encryption(server: SandboxServer) -> None:
    assert session(hosts=HERE).get(f"{server.base_url}/x").status_code == 200


def test_a_redirect_is_an_answer_and_is_not_followed(server: SandboxServer, vendor: Vendor) -> None:
    vendor.answer = Response(302, b"", headers={"Location": "https://evil.example.com/"})

    answer = session(lambda: "hush", hosts=HERE).get(f"{server.base_url}/x", allow_redirects=True)

    assert (answer.status_code, len(vendor.asked)) == (302, 1)


# With which token


def test_the_token_is_asked_for_each_time_and_replaces_the_callers(server: SandboxServer, vendor: Vendor) -> None:
    """F42: nobody keeps an old one."""
    tokens = iter(["one", "two"])
    door = session(lambda: next(tokens), hosts=HERE)

    for _ in range(2):
        door.get(f"{server.base_url}/x", headers={"Authorization": "Bearer stale"})

    assert [request.header("Authorization") for request in vendor.asked] == ["Bearer one", "Bearer two"]


def test_without_a_token_no_authorization_is_sent(server: SandboxServer, vendor: Vendor) -> None:
    session(hosts=HERE).get(f"{server.base_url}/x", headers={"Authorization": "Bearer mine"}, auth=("user", "word"))

    assert vendor.asked[0].header("Authorization") == ""


def test_a_key_goes_out_where_there_is_no_token_and_replaces_the_callers(server: SandboxServer, vendor: Vendor) -> None:
    for bearer, allowed in ((None, "Basic a2V5OndvcmQ="), (lambda: "one", "Bearer one")):
        door = session(bearer, hosts=HERE)
        door.authorization = "Basic a2V5OndvcmQ="
        door.get(f"{server.base_url}/x", headers={"Authorization": "Bearer mine"})

        assert vendor.asked[-1].header("Authorization") == allowed


def test_a_refused_token_is_renewed_once_and_the_call_made_again(server: SandboxServer, vendor: Vendor) -> None:
    """F42: a 401 says that nothing was done."""
    server.faults.order(FaultKind.UNAUTHORIZED)
    door = session(lambda: "old", hosts=HERE, renew={"old": "new"}.__getitem__)

    answer = door.post(f"{server.base_url}/x", data=b"body")

    assert answer.status_code == 200
    assert [(seen.header("Authorization"), seen.body) for seen in vendor.asked] == [("Bearer new", b"body")]


def test_a_token_refused_twice_stays_refused(server: SandboxServer) -> None:
    server.faults.order(FaultKind.UNAUTHORIZED, times=None)

    answer = session(lambda: "old", hosts=HERE, renew=lambda token: "new").get(f"{server.base_url}/x")

    assert (answer.status_code, server.log.count()) == (401, 2)


def test_the_same_token_again_is_no_renewal(server: SandboxServer) -> None:
    server.faults.order(FaultKind.UNAUTHORIZED, times=None)

    answer = session(lambda: "old", hosts=HERE, renew=lambda token: token).get(f"{server.base_url}/x")

    assert (answer.status_code, server.log.count()) == (401, 1)


# How long and how much


def test_a_silent_server_is_given_up_though_the_caller_set_no_time_out(server: SandboxServer) -> None:
    """The library under us has no time-out of its own."""
    server.faults.order(FaultKind.DELAY, seconds=0.15)

    with pytest.raises(requests.ReadTimeout):
        session(hosts=HERE, read_seconds=0.05).get(f"{server.base_url}/x")


def test_a_caller_may_be_less_patient_but_not_more(server: SandboxServer) -> None:
    server.faults.order(FaultKind.DELAY, seconds=0.15, times=2)

    with pytest.raises(requests.ReadTimeout):
        session(hosts=HERE).get(f"{server.base_url}/x", timeout=0.05)
    with pytest.raises(requests.ReadTimeout):
        session(hosts=HERE, read_seconds=0.05).get(f"{server.base_url}/x", timeout=(1, 90))


@pytest.mark.parametrize("is_packed", [False, True])
def test_an_answer_too_large_is_not_read_to_its_end(server: SandboxServer, vendor: Vendor, is_packed: bool) -> None:
    body = b"x" * 1001
    packed = {"Content-Encoding": "gzip"} if is_packed else {}
    vendor.answer = Response(200, gzip.compress(body) if is_packed else body, headers=packed)

    with pytest.raises(ResponseTooLargeError):
        session(hosts=HERE).get(f"{server.base_url}/x")


def test_an_answer_of_just_that_size_is_read_whole(server: SandboxServer, vendor: Vendor) -> None:
    vendor.answer = Response(200, b"x" * 1000)

    assert session(hosts=HERE).get(f"{server.base_url}/x").content == b"x" * 1000


def test_a_streamed_answer_is_capped_as_well(server: SandboxServer, vendor: Vendor) -> None:
    vendor.answer = Response(200, b"x" * 5000)
    answer = session(hosts=HERE).get(f"{server.base_url}/x", stream=True)

    with pytest.raises(ResponseTooLargeError):
        list(answer.iter_content(100))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("fault", [FaultKind.DROP, FaultKind.COMMIT_THEN_DROP])
def test_a_broken_call_is_made_once(server: SandboxServer, method: str, fault: FaultKind) -> None:
    """F01, F03: nothing under us repeats a write."""
    server.faults.order(fault, times=None)

    with pytest.raises(requests.ConnectionError):
        session(hosts=HERE).request(method, f"{server.base_url}/x")

    assert server.log.count() == 1


def test_a_budget_is_asked_before_each_call(server: SandboxServer) -> None:
    """F44."""
    clock = PatientClock()
    door = HostSession(HERE, clock, budget=Budget([Limit("requests", 2, 10)], clock))

    for _ in range(3):
        door.get(f"{server.base_url}/x")

    assert clock.waits == [pytest.approx(10.3, abs=0.1)]


# What is told


def test_a_call_is_one_line_without_secrets(server: SandboxServer) -> None:
    with capture_logs() as lines:
        session(lambda: "hush-1", hosts=HERE).get(f"{server.base_url}/v3/x?access_token=hush-2&state=hush-3")

    (line,) = lines
    assert {name: line[name] for name in ("event", "method", "address", "status", "seconds")} == {
        "event": "call",
        "method": "GET",
        "address": f"{server.base_url}/v3/x",
        "status": 200,
        "seconds": 0,
    }
    assert "hush" not in str(lines)


def test_a_call_without_an_answer_is_a_line_too(server: SandboxServer) -> None:
    server.faults.order(FaultKind.DROP)

    with capture_logs() as lines, pytest.raises(requests.ConnectionError):
        session(hosts=HERE).get(f"{server.base_url}/x")

    assert [line["status"] for line in lines] == [0]


def test_the_machines_own_files_and_variables_change_nothing(
    server: SandboxServer, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password word")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")

    session(lambda: "ours", hosts=HERE).get(f"{server.base_url}/x")

    assert vendor.asked[0].header("Authorization") == "Bearer ours"


def test_one_name_towards_everybody(server: SandboxServer, vendor: Vendor) -> None:
    session(hosts=HERE).get(f"{server.base_url}/x", headers={"User-Agent": "python-quickbooks V3 library"})

    assert vendor.asked[0].header("User-Agent") == "bridge"
