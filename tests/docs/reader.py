"""A reader's machine: a home with a checkout of bridge whose environment is set up, and terminals in it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import venv
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

import requests
from packaging.requirements import Requirement

from tests.docs.pages import ROOT
from tests.fakes.warm import SHIFT, warm_bridge

BUSY_SECONDS = 60
TODAY = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # after all that the samples tell of
# The fake systems of a page have no limits to wait for; what a page says of limits is told, not run.
_NO_LIMITS = {
    "QUICKBOOKS__CALLS_PER_MINUTE": "60000",
    "QUICKBOOKS__CALLS_PER_SECOND": "1000",
    "XERO__CALLS_PER_MINUTE": "60000",
}
_TODAY_IS_AHEAD = TODAY.timestamp() - time.time()
COMPANY = {"realm": "9130000000000001", "tenant": "5a0dbe11-0000-4000-8000-000000000001"}  # QuickBooks asks, and Xero
_END = "\x1e"
_ADDRESS = re.compile(r"^  (http://\S+)$", re.MULTILINE)
_PROMPT = f"""
ended() {{ local code=$?; printf '{_END}%s\\n' $code; return $code; }}
"""


@contextmanager
def home(folder: Path) -> Iterator[Path]:
    """Make a home; its ``bridge`` is this checkout, with an environment of its own that lends all that runs here.

    What a page installs goes into that environment. Its packages come from files alone: no network, but else by pip's
    own way. ``bridge`` itself is a warm one.
    """
    checkout, base = folder / "bridge", folder / "base"
    checkout.mkdir(parents=True)
    base.mkdir()
    for here in ROOT.iterdir():
        if here.name not in {".venv", "dev.py", ".git"}:
            (checkout / here.name).symlink_to(here)
    (checkout / "dev.py").write_bytes((ROOT / "dev.py").read_bytes())
    (base / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    environment = checkout / ".venv"
    venv.EnvBuilder(symlinks=True, with_pip=False).create(environment)
    own = sysconfig.get_path("purelib", vars={"base": str(environment)})
    lent = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    lines = [f"import site; site.addsitedir({place!r})" for place in sorted(lent)]
    Path(own, "lent.pth").write_text("\n".join(lines), encoding="utf-8")
    for script in Path(sysconfig.get_path("scripts")).iterdir():
        if not script.name.startswith(("activate", "python", "bridge")):
            (environment / "bin" / script.name).symlink_to(script)
    _call_it_ready(checkout)
    for name in _with_what_they_need("hatchling", "editables"):
        _wheel(name, folder / "wheels")
    with warm_bridge(environment / "bin" / "bridge", environment / "bin" / "python"):
        yield folder


def _with_what_they_need(*names: str) -> set[str]:
    """These packages and all that pip fetches with them."""
    needed = [Requirement(each) for name in names for each in distribution(name).requires or ()]
    further = {each.name for each in needed if not each.marker or each.marker.evaluate()}
    return {*names, *(_with_what_they_need(*further) if further else ())}


def _wheel(name: str, folder: Path) -> None:
    """Make the wheel again that an installed package came from."""
    installed = distribution(name)
    (tag,) = re.findall(r"^Tag: (.+)$", installed.read_text("WHEEL") or "", re.MULTILINE)
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{installed.version}-{tag}.whl", "w") as wheel:
        for file in installed.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                wheel.write(file.locate(), file)


def _call_it_ready(checkout: Path) -> None:
    """Let dev.py find its work done."""
    finished = "import dev; dev.STAMP.write_text(dev.fingerprint()); assert dev.is_ready()"
    subprocess.run([sys.executable, "-c", finished], cwd=checkout, check=True, timeout=BUSY_SECONDS)


class Terminal:
    """A shell in which a reader types one command after another, exactly as they stand in the page.

    It is TODAY there, and time goes on.
    """

    def __init__(self, home: Path, variables: Mapping[str, str], *, shifted_hours: int = 0) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BRIDGE_", "VIRTUAL_ENV"))}
        search = f"{home / 'base'}{os.pathsep}{kept['PATH']}"
        told = {"HOME": str(home), "PATH": search, "LOGNAME": "ana", "COLUMNS": "200"}
        told |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(home / "wheels")}
        told |= {f"BRIDGE_PLUGINS__{name}": calls for name, calls in _NO_LIMITS.items()}
        told |= {SHIFT: str(round(_TODAY_IS_AHEAD) + shifted_hours * 3600)}
        script, self._keys = os.pipe()
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc", f"/dev/fd/{script}"],
            cwd=home,
            env=kept | told | dict(variables),
            pass_fds=[script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        os.close(script)
        self.is_busy, self._said, self._heard = False, "", threading.Condition()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        os.write(self._keys, _PROMPT.encode())

    def type(self, command: str, until: str = _END) -> tuple[str, int]:
        """What it prints, and its code; with ``until``, what it printed by then, while it goes on running."""
        os.write(self._keys, f"{command}\nended\n".encode())
        return self._read(until)

    def interrupt(self) -> tuple[str, int]:
        """Ctrl-C: what the command that runs says to it."""
        os.killpg(self._shell.pid, signal.SIGINT)
        return self._read(_END)

    def close(self) -> None:
        if self.is_busy:
            self.interrupt()
        os.close(self._keys)
        self._shell.wait(BUSY_SECONDS)
        self._listening.join()
        if self._shell.stdout:
            self._shell.stdout.close()

    def _read(self, until: str) -> tuple[str, int]:
        with self._heard:
            if not self._heard.wait_for(lambda: until in self._said or _END in self._said, BUSY_SECONDS):
                raise AssertionError(f"waited in vain for {until!r}; it said\n{self._said}")
            self.is_busy = _END not in self._said
            if self.is_busy:
                printed, self._said = self._said, ""
                return printed, 0
            printed, _, rest = self._said.partition(_END)
            code, _, self._said = rest.partition("\n")
            return printed, int(code)

    def _listen(self) -> None:
        """Hear all that is printed; an address to open is opened, as the reader does."""
        assert self._shell.stdout
        for line in self._shell.stdout:
            with self._heard:
                self._said += line
                self._heard.notify_all()
            if address := _ADDRESS.fullmatch(line.rstrip("\n")):
                threading.Thread(target=_consent, args=(address[1],), daemon=True).start()


def _consent(address: str) -> None:
    """Play the browser: open the address, choose the company, be sent back to bridge once it listens."""
    asked = requests.get(address, params=COMPANY, allow_redirects=False, timeout=BUSY_SECONDS)
    for _ in range(BUSY_SECONDS * 20):
        try:
            requests.get(asked.headers["Location"], timeout=BUSY_SECONDS)
            return
        except requests.ConnectionError:
            time.sleep(0.05)
