"""The commands: where each is, and its help in a line, so that a list of them needs none of them."""

from __future__ import annotations

from typing import NamedTuple


class Listed(NamedTuple):
    """One command. place: module below ``bridge.cli``, and name in it. help: what it does, short enough for a list."""

    place: str
    help: str


# In the order in which they are listed.
GROUPS = {
    "To begin": {
        "demo": Listed("demo:demo", "See the whole job on this machine, on ledgers of its own"),
        "init": Listed("init:init", "Write a settings file and a sealing key"),
        "connections": Listed("connections:connections", "List, add, check and remove channels and ledgers"),
        "routes": Listed("routes:routes", "List routes; what was there before their first day"),
        "apply": Listed("apply:apply", "Make the database say what the settings file says"),
        "accounts": Listed("accounts:accounts", "List what a ledger lacks for a route, or make it there"),
        "backfill": Listed("backfill:backfill", "Read and book all since the first day; sends nothing"),
        "pilot": Listed("pilot:pilot", "Try a route out with a sale, a refund and a payout"),
    },
    "Every day": {
        "sync": Listed("sync:sync", "Take in what is new, book it, and send it"),
        "import": Listed("imports:import_files", "Take in and book files of a channel; sends nothing"),
        "preview": Listed("preview:preview", "Show what would be sent, line by line; sends nothing"),
        "deliver": Listed("deliver:deliver", "Send what is owed to the ledgers"),
        "held": Listed("held:held", "List what waits, and why"),
        "decide": Listed("decide:decide", "Decide about what waits, or about a finding"),
        "drift": Listed("drift:drift", "Check that the ledgers still say so"),
    },
    "To look, and to put right": {
        "sources": Listed("sources:sources", "Say whether everything is in, and through when"),
        "figures": Listed("figures:figures", "A month of a route: tax, profit and loss; what is new"),
        "explain": Listed("explain:explain", "Say where an order, a payout or a voucher comes from"),
        "undo": Listed("undo:undo", "Take what was posted out of the ledger again"),
        "arrived": Listed("arrived:arrived", "Say what of a payout reached the bank, converted"),
        "books": Listed("books_export:books", "Export the books"),
        "runs": Listed("runs:runs", "What was done, when, and what stood in the way"),
        "audit": Listed("audit:audit", "Who changed what; whether the log was tampered with"),
    },
    "To run it": {
        "serve": Listed("serve:serve", "Serve the pages, with a worker that does the rest"),
        "web": Listed("serve:web", "Serve the pages alone"),
        "worker": Listed("worker:worker", "Do what routes ask for by themselves"),
        "people": Listed("people:people", "Who may use the pages"),
        "organisations": Listed("organisations:organisations", "Whose books this database keeps, where of several"),
        "pause": Listed("pausing:pause", "Do nothing with a connection until it is resumed"),
        "resume": Listed("pausing:resume", "Let a paused connection work again"),
        "stop-deliveries": Listed("pausing:stop_deliveries", "Send nothing to any ledger from now on"),
        "secrets": Listed("secrets:secrets", "The keys that seal tokens and answers"),
        "store": Listed("store:store", "Whether the database was restored from a backup"),
        "clock": Listed("clock:clock", "Whether this machine's clock was wrong"),
    },
    "For authors of plugins": {
        "plugins": Listed("plugins:plugins", "List and check plugins; write a new one"),
        "inspect": Listed("inspect:inspect", "Show what a plugin makes of files; keeps nothing"),
        "sandbox": Listed("sandbox:sandbox", "Run a fake of a channel or ledger on this machine"),
    },
}
COMMANDS = {name: listed for group in GROUPS.values() for name, listed in group.items()}
