"""bridge's main job in Xero through Prism, which holds every request and every answer against Xero's own document."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

from tests.end_to_end.shops import shops

ROOT = "/api.xro/2.0"
SHOPS = ("shop-gb", "woo-gb")
_OWN = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


def main_job(prism: Path, document: Path) -> list[str]:
    """Book two shops' orders into a Xero behind Prism, deliver and check them; give what came of it, a line each."""
    with TemporaryDirectory() as folder:
        between = _Between(prism, document, Path(folder) / "prism.log")
        try:
            with shops(Path(folder), *SHOPS, before_xero=between.begin) as opened:
                planted = between.refuses_what_is_wrong()
                opened.import_and_book(*SHOPS)
                opened.deliver()
                for name in SHOPS:
                    opened.check(name)
                delivered, stands = opened.delivered("books-gb"), opened.trial_balance("books-gb")
        finally:
            between.end()
        is_told = bool(delivered) and delivered["1210"] == stands["1210"]
        return [
            _line("a wrong request is refused", planted, "Prism let it pass"),
            _line("what was delivered stands there", is_told, f"{delivered} and {stands}"),
            *(_line(call, status < 400, f"status {status}") for call, status in between.calls),
        ]


def _line(call: str, is_ok: bool, why: str) -> str:
    return f"{'ok' if is_ok else 'no'}\t{call}\t{'' if is_ok else why}"


class _Between:
    """Prism before a Xero, and before Prism a door that lets through beside it what is not in the document."""

    def __init__(self, prism: Path, document: Path, log: Path) -> None:
        self._prism, self._document, self._log = prism, document, log
        self.calls: list[tuple[str, int]] = []

    def begin(self, xero: str) -> str:
        port = _free_port()
        command = [str(self._prism), "proxy", str(self._document), xero + ROOT, "--errors", "--port", str(port)]
        with self._log.open("w") as log:
            self._running = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        _wait(port)
        self._door = ThreadingHTTPServer(("127.0.0.1", 0), _door(f"http://127.0.0.1:{port}", xero, self.calls))
        Thread(target=self._door.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._door.server_port}"

    def refuses_what_is_wrong(self) -> bool:
        """Tell whether Prism looks: a contact whose name is a number is refused with 422."""
        _, port = self._door.server_address[:2]
        there = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        told = {"Content-Type": "application/json", "xero-tenant-id": "t", "Authorization": "Bearer t"}
        there.request("PUT", f"{ROOT}/Contacts", json.dumps({"Contacts": [{"Name": 1}]}), told)
        status = there.getresponse().status
        there.close()
        self.calls.clear()
        return status == 422

    def end(self) -> None:
        self._door.shutdown()
        self._door.server_close()
        self._running.terminate()
        self._running.wait(60)


def _door(prism: str, xero: str, calls: list[tuple[str, int]]) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            in_document = self.path.startswith(ROOT)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            there = http.client.HTTPConnection(urlsplit(prism if in_document else xero).netloc, timeout=60)
            kept = {key: value for key, value in self.headers.items() if key.lower() not in _OWN}
            there.request(self.command, self.path.removeprefix(ROOT), body or None, kept)
            answer = there.getresponse()
            content = answer.read()
            if in_document:
                calls.append((f"{self.command} {urlsplit(self.path).path.removeprefix(ROOT)}", answer.status))
            self.send_response(answer.status)
            for key, value in answer.getheaders():
                if key.lower() not in _OWN:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            there.close()

        do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - named so by what calls it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Door


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait(port: int, seconds: float = 60) -> None:
    for _ in range(int(seconds * 10)):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"Prism did not listen on port {port}")
