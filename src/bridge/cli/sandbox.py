"""``bridge sandbox``: a fake of a plugin's system on this machine, to try anything without an account."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import say
from bridge.errors import BridgeError, ConfigError

if TYPE_CHECKING:  # the room needs what the extra brings
    from bridge.sandbox import RunningSandbox, Sandbox

GROUP = "bridge.sandboxes"
PLUGINS = "bridge.plugins"


def open_sandbox(
    name: str, *, port: int = 0, data: Path | None = None, options: dict[str, str] | None = None
) -> RunningSandbox:
    """Start the sandbox of that name.

    Raises: ConfigError when there is none, its extra is not installed, or what an earlier run kept cannot be read.
    """
    module = _loaded(name)
    is_kept = data is not None and data.exists()
    if data is not None and not data.parent.is_dir():
        raise ConfigError(str(data), "its folder is not there", "Make it, or name another", code="output.unwritable")
    try:
        running = module.create_sandbox(port=port, data=data, options=options or {})
    except OSError as cause:
        raise ConfigError(
            f"port {port}", f"cannot be listened on ({cause.strerror})", "Choose another", code="sandbox.port"
        ) from cause
    except BridgeError:
        raise
    except Exception as cause:
        if not is_kept:
            raise
        raise ConfigError(
            f"sandbox {name!r}, --data {data}",
            "what is kept there cannot be read: a fake of another version wrote it, or it is no file of this one",
            "Name another file, or delete this one and begin anew: a fake's invented books alone are lost",
            code="sandbox.data",
        ) from cause
    return running


def require_sandboxes(whose: str, names: Iterable[str]) -> None:
    """Raises: ConfigError that says what to install, when any of these cannot be started here."""
    lacking = [name for name in names if not _is_here(name)]
    if lacking:
        cause = f"it needs fakes that are not installed ({', '.join(lacking)})"
        advice = f"Install {', '.join(f'bridge-{name}[sandbox]' for name in lacking)}"
        raise ConfigError(whose, cause, advice, code="sandbox.extra")


def _is_here(name: str) -> bool:
    try:
        _loaded(name)
    except ConfigError:
        return False
    return True


def _loaded(name: str) -> Sandbox:
    offers = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in offers:
        raise _missing(name, ", ".join(sorted(offers)) or "none is")
    try:
        module: Sandbox = offers[name].load()
    except ImportError as cause:
        raise _lacks(name, f"it needs a package that is missing ({cause.name})") from cause
    return module


def _missing(name: str, installed: str) -> ConfigError:
    """Of a plugin that is here the fake is missing; of any other there is none."""
    if any(entry.name == name for entry in entry_points(group=PLUGINS)):
        return _lacks(name, "it is not installed: fakes come beside a plugin, not with it")
    advice = f"Use one that is installed ({installed})"
    return ConfigError(f"sandbox {name!r}", "there is none of that name", advice, code="sandbox.unknown")


def _lacks(name: str, cause: str) -> ConfigError:
    return ConfigError(f"sandbox {name!r}", cause, f"Install bridge-{name}[sandbox]", code="sandbox.extra")


@click.command()
@click.argument("name")
@click.option("--port", type=int, default=0, show_default="any free one", help="The loopback port to listen on.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep its state in this file between runs.")
@click.option(
    "--option", "pairs", multiple=True, metavar="KEY=VALUE", help="A setting of this sandbox; may be repeated."
)
@with_setup
def sandbox(setup: Setup, name: str, port: int, data: Path | None, pairs: tuple[str, ...]) -> int:
    """Run the sandbox NAME on this machine until Ctrl-C: a fake with state, over real HTTP, loopback only."""
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise ConfigError(f"--option {wrong[0]}", "is not KEY=VALUE", "Write --option key=value", code="config.option")
    running = open_sandbox(name, port=port, data=data, options=dict(pair.split("=", 1) for pair in pairs))
    gc.freeze()  # what it holds from the start stays, and a large world is not looked through for garbage
    try:
        say(escape(running.summary()))
        say("Ctrl-C stops it.")
        while True:
            setup.clock.sleep(3600)
    except KeyboardInterrupt:
        say("Stopped.")
    finally:
        running.stop()
    return 0
