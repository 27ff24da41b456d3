"""Carries out the console examples of a page, as its reader would, in a folder of their own against a sandbox.

A block ```` ```console ```` holds commands behind ``$ `` and what they print. ``...`` stands for anything, on a line of
its own for any lines; blanks are not compared, and a command that shows no output is not held to any. Each command must
end with code 0 unless the page asks with ``echo $?``. A block ```` ```toml NAME ```` (or csv) is the file NAME; with
``added`` behind the name it is put at the file's end. A block ```` ```diff NAME ```` changes that file: its lines with
``-`` stand there once, with those around them, and give way to those with ``+``. A remark ``<!-- given: ... -->`` makes
what readers are said to have.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import requests
import time_machine

from bridge.cli import main
from bridge.cli.sandbox import open_sandbox
from tests.docs.pages import ROOT, Block, Page, page

REALM = "9130000000000001"
TENANT = "5a0dbe11-0000-4000-8000-000000000001"
WRITTEN_AT = "http://127.0.0.1:8080"
WRITTEN_POSTGRES = "postgresql+psycopg://bridge@localhost/bridge"
BUSY_SECONDS = 20
TODAY = datetime(2026, 7, 20, 16, 0, tzinfo=UTC)
_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z \[.*$", re.MULTILINE)


class Step(msgspec.Struct, frozen=True):
    """One command of a page: what the page says it prints, and what it printed."""

    command: str
    expected: str
    printed: str
    line: int

    @property
    def holds(self) -> bool:
        return not self.expected.strip() or matches(self.expected, self.printed)


class Session:
    """A reader's terminal: a folder, an environment, a sandbox once one was started."""

    def __init__(self, folder: Path, postgres_url: str, wait: Callable[[timedelta], None]) -> None:
        self._wait = wait
        self._root, self._postgres_url = folder, postgres_url
        home = folder / "home"
        home.mkdir()
        self._folder = self._root
        self._move_in()
        (home / "bridge").symlink_to(ROOT, target_is_directory=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
        self._environment = kept | {"HOME": str(home), "LOGNAME": "ana", "COLUMNS": "200"}
        self._environment |= {"BRIDGE_REDIRECT_URI": f"http://127.0.0.1:{_free_port()}/callback"}
        self._sandbox: Any = None
        self._installed: list[str] = []
        self._code = 0

    def close(self) -> None:
        if self._sandbox is not None:
            self._sandbox.stop()
            self._sandbox = None

    def run(self, command: str) -> str:
        """What a command prints, on both its streams."""
        command = self._meant(command)
        if command == "echo $?":
            code, self._code = self._code, 0
            return f"{code}\n"
        assert self._code == 0, f"the command before {command!r} ended with {self._code}"
        words = shlex.split(command, comments=True)
        match words:
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self._environment[name] = value
                return ""
            case ["cd", folder]:
                self._folder = (self._folder / Path(folder).expanduser()).resolve()
                return ""
            case ["bridge", "sandbox", name, *_]:
                return self._start(name)
            case ["bridge", "connections", "authorize", *_]:
                return self._authorize(words[1:])
            case ["python", "-m", "pip", "install", "-e", source]:
                self._install((self._folder / source).resolve())
                return ""
            case ["bridge", *arguments] if not {">", "|", "<"} & set(words):
                return self._bridge(arguments)
            case _:
                return self._shell(command)

    def write(self, block: Block) -> None:
        """Make the file that a page shows."""
        name, _, how = block.name.partition(" ")
        file = self._folder / name
        before = file.read_text(encoding="utf-8") if how == "added" else ""
        file.write_text(before + self._meant(block.text), encoding="utf-8")

    def change(self, block: Block) -> None:
        """Change a file as the page shows."""
        file = self._folder / block.name
        kept = [line for line in block.text.splitlines() if line[:1] in {" ", "-", "+"}]
        before, after = ("".join(f"{line[1:]}\n" for line in kept if line[0] != left_out) for left_out in "+-")
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{block.name} has this {text.count(before)} times:\n{before}"
        file.write_text(text.replace(before, after), encoding="utf-8")

    def give(self, what: str) -> None:
        """Make what readers are said to have."""
        verb, _, rest = what.partition(" ")
        match verb:
            case "connected":
                self._give_connection()
            case "run":
                self._code = 0
                self.run(rest)
                self._code = 0
            case "hours":
                self._wait(timedelta(hours=int(rest)))
            case "ledger":
                settings = dict(pair.split("=", 1) for pair in shlex.split(rest))
                self._sandbox.set(REALM, **settings)
            case "tamper":
                name, *arguments = shlex.split(rest)
                getattr(self._sandbox.tamper(REALM), name)(**dict(pair.split("=", 1) for pair in arguments))
            case _:
                raise AssertionError(f"nobody knows how to give {what!r}")

    def _move_in(self) -> None:
        """Begin in an empty folder."""
        self._folder = self._root / f"work-{sum(1 for _ in self._root.iterdir())}"
        self._folder.mkdir()

    def _give_connection(self) -> None:
        """The folder that the first tutorial leads to, without a settlement in it."""
        tutorial = page("docs/tutorials/first-connection.md")
        settings = next(block for block in tutorial.blocks() if block.name == "bridge.toml")
        self.close()
        self._move_in()
        self._start("quickbooks")
        self.run("bridge init")
        self.write(settings)
        self.run("mkdir -p inbox/us")
        self.run("bridge apply")
        self.run("bridge connections authorize books-us")

    def _meant(self, text: str) -> str:
        """The text with the addresses that pages write as they are on this machine."""
        if self._sandbox is not None:
            text = text.replace(WRITTEN_AT, self._sandbox.base_url)
        return text.replace(WRITTEN_POSTGRES, self._postgres_url)

    def _start(self, name: str) -> str:
        self._sandbox = open_sandbox(name, options={"limits": "off"})
        summary: str = self._sandbox.summary()
        return f"{summary}\nCtrl-C stops it.\n".replace(self._sandbox.base_url, WRITTEN_AT)

    def _authorize(self, arguments: list[str]) -> str:
        """Play the browser: open the address that is shown, choose the company, be sent back."""
        out = io.StringIO()
        worker = threading.Thread(target=self._bridge, args=(arguments,), kwargs={"out": out})
        worker.start()
        address = _awaited(lambda: re.search(r"http://\S+", out.getvalue()))
        chosen = {"realm": REALM, "tenant": TENANT}  # what QuickBooks asks for, and Xero
        consent = requests.get(address[0], params=chosen, allow_redirects=False, timeout=BUSY_SECONDS)
        _awaited(lambda: _arrives(consent.headers["Location"]))
        worker.join(BUSY_SECONDS)
        return out.getvalue().replace(self._sandbox.base_url, WRITTEN_AT)

    def _install(self, source: Path) -> None:
        """Make a package found as if pip had installed it in editable mode, in this terminal and in no other."""
        site = self._root / "site"
        built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(site)]
        subprocess.run(built, cwd=source, check=True, capture_output=True)
        for wheel in site.glob("*.whl"):
            with zipfile.ZipFile(wheel) as content:
                content.extractall(site, [name for name in content.namelist() if ".dist-info/" in name])
            wheel.unlink()
        self._installed = [str(site), str(source / "src"), *self._installed]
        self._environment["PYTHONPATH"] = os.pathsep.join(self._installed)

    def _bridge(self, arguments: list[str], out: io.StringIO | None = None) -> str:
        out = out or io.StringIO()
        with self._standing_here(["bridge", *arguments]), redirect_stdout(out), redirect_stderr(out):
            try:
                main()
            except SystemExit as end:
                self._code = int(end.code or 0)
        printed = _LOG_LINE.sub("", out.getvalue())
        return printed.replace(self._sandbox.base_url, WRITTEN_AT) if self._sandbox else printed

    def _shell(self, command: str) -> str:
        path = f"{Path(sys.executable).parent}:{self._environment['PATH']}"
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self._folder,
            env=self._environment | {"PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._code = done.returncode
        return _LOG_LINE.sub("", done.stdout)

    @contextmanager
    def _standing_here(self, argv: list[str]) -> Iterator[None]:
        before = Path.cwd(), dict(os.environ), sys.argv
        sys.path[:0] = self._installed
        try:
            os.chdir(self._folder)
            _replace_environment(self._environment)
            sys.argv = argv
            yield
        finally:
            os.chdir(before[0])
            _replace_environment(before[1])
            sys.argv = before[2]
            self._forget_installed()

    def _forget_installed(self) -> None:
        """Leave nothing imported of what was installed here: the page may change it before the next command."""
        sys.path[:] = [place for place in sys.path if place not in self._installed]
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(f"{self._root}{os.sep}"):
                del sys.modules[name]
        importlib.invalidate_caches()


def carry_out(shown: Page, folder: Path, postgres_url: str) -> list[Step]:
    """Every command of a page in its order. Raises: AssertionError for an exit code that the page does not tell."""
    with time_machine.travel(TODAY, tick=True) as traveller:
        session = Session(folder, postgres_url, traveller.shift)
        try:
            steps = list(_steps(session, shown))
            assert session.run("echo $?") == "0\n", f"{shown.name}: the last command failed"
        finally:
            session.close()
    return steps


def _steps(session: Session, shown: Page) -> Iterator[Step]:
    for block in shown.blocks():
        match block.language:
            case "given":
                session.give(block.text)
            case "toml" | "csv" if block.name:
                session.write(block)
            case "diff" if block.name:
                session.change(block)
            case "console":
                for command, expected in commands(block.text):
                    yield Step(command, expected, session.run(command), block.line)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what it is said to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        first, _, rest = part.replace("\\\n", " ").partition("\n")
        yield first.strip(), rest


def matches(expected: str, printed: str) -> bool:
    """Whether that is what the page says, ``...`` standing for anything."""
    wanted = "".join(r"(?:.*\n)*" if line == "..." else _pattern(line) for line in _plain(expected))
    return re.fullmatch(wanted, "".join(f"{line}\n" for line in _plain(printed))) is not None


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in re.split(r" ?\.\.\. ?", line)) + r"\n"


def _plain(text: str) -> list[str]:
    """The lines without empty ones, with single blanks, and rules drawn short."""
    lines = (re.sub(r"[━╇┃│─┼ ]*━[━╇┃│─┼ ]*", "━", " ".join(line.split())) for line in text.splitlines())
    return [line for line in lines if line]


def _awaited(look: Any) -> Any:
    """What a look at something gives once it gives anything."""
    for _ in range(BUSY_SECONDS * 20):
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def _arrives(address: str) -> bool:
    try:
        return requests.get(address, timeout=BUSY_SECONDS).ok
    except requests.ConnectionError:
        return False


def _replace_environment(wanted: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(wanted)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
