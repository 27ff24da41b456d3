"""The command line: one file per command group. Reads arguments, calls one service, shows what came of it."""

from bridge.cli.main import main

__all__ = ["main"]
