"""What every sandbox promises to whoever starts one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

__all__ = ["RunningSandbox", "Sandbox"]


class RunningSandbox(Protocol):
    """A fake system that listens on loopback until it is stopped."""

    @property
    def base_url(self) -> str:
        """Where it listens, ``http://127.0.0.1:PORT`` without a trailing slash."""
        ...

    def summary(self) -> str:
        """Tell a person how to use it: addresses, names and ids to connect with. Fit to print."""
        ...

    def stop(self) -> None:
        """Stop listening and save what is to be kept; a second call does nothing."""
        ...


class Sandbox(Protocol):
    """What an entry point in the group ``bridge.sandboxes`` names: a module or object with this function."""

    def create_sandbox(self, *, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> RunningSandbox:
        """Start the sandbox and return once it answers.

        Shape:   port 0 takes any free one; ``data`` is a file that keeps its state over restarts.
        Raises:  ValueError naming an option that is unknown or has a bad value.
        """
        ...
