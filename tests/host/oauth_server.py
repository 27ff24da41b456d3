"""A vendor's OAuth 2 server on loopback: codes are good once, refresh tokens rotate, and an old one soon ends."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

CLIENT, SECRET = "app-id", "app-secret-77"


class OAuthServer:
    """State and switches of the fake.

    grants:    how many codes and refresh tokens were honoured. refreshes: refresh requests seen.
    grace:     an old refresh token is still honoured (as QuickBooks does for a day).
    before_answer: hold requests until this is set; ``waiting`` tells that one is held.
    fail_with: answer the next requests with this status and body, one each.
    lasting:   what a token's answer says of how long bridge is let in.
    revoking:  what the revocation endpoint answers, one each; else 200. revoked: the tokens that it was told of.
    """

    def __init__(self) -> None:
        self.codes = {"code-1", "code-2"}
        self.current = ""
        self.retired: list[str] = []
        self.grants = 0
        self.refreshes = 0
        self.has_grace = False
        self.lasting = {"x_refresh_token_expires_in": 8_726_400}
        self.revoking: list[tuple[int, str]] = []
        self.revoked: list[str] = []
        self.fail_with: list[tuple[int, str]] = []
        self.forms: list[dict[str, str]] = []
        self.api_tokens: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.before_answer: threading.Event | None = None
        self.waiting = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def access_token(self) -> str:
        """The one access token that is good now."""
        return f"access-{self.grants}"

    def revoke(self) -> None:
        """The merchant disconnects bridge at the vendor."""
        with self._lock:
            self.retired.append(self.current)
            self.current, self.has_grace = "", False

    def answer(self, form: dict[str, str], authorization: str) -> tuple[int, str]:
        """What the token endpoint says."""
        with self._lock:
            self.forms.append(form)
            if form.get("grant_type") == "refresh_token":
                self.refreshes += 1
            if self.fail_with:
                return self.fail_with.pop(0)
            told = f"{form.get('client_id')}:{form.get('client_secret')}"
            if authorization:
                told = b64decode(authorization.removeprefix("Basic ")).decode()
            if told != f"{CLIENT}:{SECRET}":
                return 401, json.dumps({"error": "invalid_client"})
            if not self._is_honoured(form):
                return 400, json.dumps({"error": "invalid_grant"})
            self.grants += 1
            if self.current:
                self.retired.append(self.current)
            self.current = f"refresh-{self.grants}"
            token = {
                "token_type": "bearer",
                "access_token": self.access_token,
                "refresh_token": self.current,
                "expires_in": 3600,
                **self.lasting,
            }
            return 200, json.dumps(token)

    def take_back(self, form: dict[str, str]) -> tuple[int, str]:
        """What the revocation endpoint says."""
        if self.revoking:
            return self.revoking.pop(0)
        self.revoked.append(form.get("token", ""))
        self.revoke()
        return 200, ""

    def _is_honoured(self, form: dict[str, str]) -> bool:
        if form.get("grant_type") == "authorization_code":
            is_known = form.get("code") in self.codes
            self.codes.discard(form.get("code", ""))
            return is_known
        told = form.get("refresh_token")
        return told == self.current or (self.has_grace and told in self.retired)


def _handler(fake: OAuthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            if self.path == "/revoke":
                self._send(*fake.take_back(form))
                return
            if (gate := fake.before_answer) is not None:
                fake.waiting.set()
                gate.wait(60)
            self._send(*fake.answer(form, self.headers.get("Authorization", "")))

        def do_GET(self) -> None:
            token = self.headers.get("X-Access") or self.headers.get("Authorization", "").removeprefix("Bearer ")
            fake.api_tokens.append(token)
            fake.headers.append(dict(self.headers))
            is_good = token == fake.access_token
            self._send(200 if is_good else 401, json.dumps({"company": "ours"} if is_good else {}))

        def _send(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler
