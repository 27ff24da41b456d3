"""``bridge demo``: the main job on this machine, from channels to a reviewed ledger, with a kill and tampering between.

``world`` holds the sellers, their companies and the settings; ``trading`` what happens in the channels that are asked;
``asking`` how bridge asks them; ``tampering`` what people do to the ledger; ``story`` tells it from beginning to end.
"""

from bridge.cli.demo.command import demo

__all__ = ["demo"]
