"""Carries out the console examples of pages, as their reader would: each command as it stands, in a shell.

A block ```` ```console ```` holds commands behind ``$ `` and what they print. ``...`` stands for anything, on a line of
its own for any lines; blanks are not compared, and a command that shows no output is not held to any. Each command must
end with code 0 unless the page asks with ``echo $?``. What runs until Ctrl-C keeps its terminal: the commands behind it
go to another one, at home as it was opened, and ``^C`` ends it. A block ```` ```toml NAME ```` (or csv, python) is the
file NAME; with ``added`` behind the name it is put at the file's end. A block ```` ```diff NAME ```` changes that file:
its lines with ``-`` stand there once, with those around them, and give way to those with ``+``. A remark
``<!-- given: ... -->`` makes what readers are said to have.

What pages write of this machine is replaced by what it is here: ports that others may use, a shop, a PostgreSQL.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import requests

from tests.docs.pages import Block, Page, page
from tests.docs.reader import COMPANY, Terminal
from tests.docs.shops import SHOP, shop_answers
from tests.fakes.warm import SHIFT

WRITTEN_PORTS = ("8080", "8081", "8730", "8731")
WRITTEN_POSTGRES = "postgresql+psycopg://bridge@localhost/bridge"
RUNS_ON = "Ctrl-C stops it.\n"


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
    """What a reader of pages does, one after the other: at home, in terminals, with a browser at hand."""

    def __init__(self, home: Path, shop: str, postgres_url: Callable[[], str]) -> None:
        self._home, self._postgres_url = home, postgres_url
        ports = {port: _free_port() for port in WRITTEN_PORTS}
        self._here = {f"{before}{port}": f"{before}{ports[port]}" for port in ports for before in (":", "--port ")}
        self._here |= {"https://shop.example.com": shop, "https://acme.myshopify.com": shop}
        self._variables = {
            "BRIDGE_REDIRECT_URI": f"http://127.0.0.1:{ports['8731']}/callback",
            "BRIDGE_PORT": str(ports["8730"]),
        }
        self._opened: list[Terminal] = []
        self._hours, self._last, self._code = 0, "", 0

    def close(self) -> None:
        """Leave nothing running."""
        for terminal in self._opened:
            terminal.close()
        self._opened.clear()

    def read(self, shown: Page) -> Iterator[Step]:
        """Do all that a page shows, beginning in a new terminal."""
        self._open()
        yield from self._do(shown.blocks())
        assert self._code == 0, f"{self._last!r} ended with {self._code}"

    def _do(self, blocks: Iterable[Block]) -> Iterator[Step]:
        for block in blocks:
            match block.language:
                case "given":
                    self._give(block.text)
                case "toml" | "csv" | "python" if block.name:
                    self._write(block)
                case "diff" if block.name:
                    self._change(block)
                case "console":
                    for command, expected in commands(block.text):
                        yield Step(command, expected, self._run(command), block.line)

    def _run(self, command: str) -> str:
        """What a command prints, on both its streams."""
        if command == "^C":
            return self._told(*self._busy().interrupt())
        assert self._code == 0 or command == "echo $?", f"{self._last!r} ended with {self._code}"
        self._last = command
        if self._opened[-1].is_busy:
            self._open()
        if not command.startswith(("bridge sandbox ", "bridge serve")):
            return self._told(*self._opened[-1].type(self._meant(command)))
        printed, code = self._opened[-1].type(self._meant(command), RUNS_ON)
        address = re.search(r"http://127.0.0.1:\d+", printed)
        if address and command.startswith("bridge sandbox "):  # limits are for people, who type more slowly
            requests.post(f"{address[0]}/_sandbox/service", json={"limits": False}, timeout=60)
        return self._told(printed, code)

    def _told(self, printed: str, code: int) -> str:
        self._code = code
        for written, here in self._here.items():
            printed = printed.replace(here, written)
        return printed

    def _meant(self, text: str) -> str:
        """The text with what pages write of this machine as it is here."""
        if WRITTEN_POSTGRES in text:
            text = text.replace(WRITTEN_POSTGRES, self._postgres_url())
        for written, here in self._here.items():
            text = text.replace(written, here)
        return text

    def _open(self) -> None:
        self._opened.append(Terminal(self._home, self._variables, shifted_hours=self._hours))

    def _busy(self) -> Terminal:
        return next(terminal for terminal in reversed(self._opened) if terminal.is_busy)

    def _folder(self) -> Path:
        return Path(self._run("pwd").strip())

    def _write(self, block: Block) -> None:
        """Make the file that a page shows."""
        name, _, how = block.name.partition(" ")
        file = self._folder() / name
        before = file.read_text(encoding="utf-8") if how == "added" else ""
        file.write_text(before + self._meant(block.text), encoding="utf-8")

    def _change(self, block: Block) -> None:
        """Change a file as the page shows."""
        file = self._folder() / block.name
        kept = [line for line in block.text.splitlines() if line[:1] in {" ", "-", "+"}]
        before, after = ("".join(f"{line[1:]}\n" for line in kept if line[0] != left_out) for left_out in "+-")
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{block.name} has this {text.count(before)} times:\n{before}"
        file.write_text(text.replace(before, after), encoding="utf-8")

    def _give(self, what: str) -> None:
        """Make what readers are said to have."""
        verb, _, rest = what.partition(" ")
        match verb:
            case "connected":
                self._connect()
            case "run":
                self._run(rest)
                self._code = 0
            case "hours":
                self._hours += int(rest)
                self._run(f"export {SHIFT}=$(({SHIFT} + {rest} * 3600))")
            case "shop":
                with (self._folder() / "bridge.toml").open("a", encoding="utf-8") as file:
                    file.write(SHOP)
                self._run("bridge apply")
                self._run("bridge accounts create shop --yes")
            case "answer":
                name, *pairs = rest.split()
                (self._folder() / name).write_text(shop_answers(**dict(pair.split("=", 1) for pair in pairs)), "utf-8")
            case "ledger" | "tamper":
                operation, *pairs = shlex.split(rest) if verb == "tamper" else ["", *shlex.split(rest)]
                order = {"op": operation} if operation else {}
                order |= {"realm": COMPANY["realm"], **dict(pair.split("=", 1) for pair in pairs)}
                door = self._meant(f"http://127.0.0.1:8080/_sandbox/{'tamper' if operation else 'settings'}")
                answer = requests.post(door, json=order, timeout=60)
                assert answer.ok, answer.text
            case _:
                raise AssertionError(f"nobody knows how to give {what!r}")

    def _connect(self) -> None:
        """Make the folder that the first tutorial leads to, anew, without a settlement in it; go there."""
        self.close()
        shutil.rmtree(self._home / "practice", ignore_errors=True)
        self._open()
        tutorial = page("docs/tutorials/first-connection.md")
        until = next(block.line for block in tutorial.blocks() if "28500000011.txt" in block.text)
        for step in self._do(block for block in tutorial.blocks() if block.line < until):
            assert step.holds, step
        self._run("mkdir -p inbox/us")


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what it is said to print."""
    for part in re.split(r"^(?=\$ |\^C$)", text, flags=re.MULTILINE)[1:]:
        first, _, rest = part.replace("\\\n", " ").partition("\n")
        yield first.removeprefix("$ ").strip(), rest


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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
