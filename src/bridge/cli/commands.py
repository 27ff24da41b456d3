"""The commands: where each is, and its help in a line, so that a list of them needs none of them."""

from __future__ import annotations

from typing import NamedTuple


class Listed(NamedTuple):
    """One command. place: module below ``bridge.cli``, and name in it. help: the first sentence of its own."""

    place: str
    help: str


COMMANDS = {
    "init": Listed("init:init", "Write bridge.toml, commented, and a sealing key into FOLDER (default: here)."),
    "apply": Listed("apply:apply", "Make the store match FILE (default: the settings file)."),
    "connections": Listed(
        "connections:connections",
        "List connections; `connections add` connects a channel or a ledger, `connections check` asks one.",
    ),
    "routes": Listed(
        "routes:routes",
        "List routes with their settings, what they are booked by, and what in them fits nothing seen so far.",
    ),
    "accounts": Listed(
        "accounts:accounts",
        "What routes need of a ledger's lists and it lacks: accounts, contacts, items, what lines are reported by.",
    ),
    "sources": Listed("sources:sources", "Channels: how far each is read, and when access ends."),
    "import": Listed("imports:import_files", "Import FILES for a channel connection and book them."),
    "preview": Listed(
        "preview:preview",
        "Show every voucher that is owed or held, in the order of sending, exactly as it would be sent.",
    ),
    "pilot": Listed(
        "pilot:pilot",
        "Try ROUTE out: one sale, one refund and one payout, posted, read back and compared field by field.",
    ),
    "deliver": Listed("deliver:deliver", "Send what is owed to LEDGERs (connection names; all by default)."),
    "sync": Listed(
        "sync:sync", "Take in new files and what channels answer, book, and deliver: what a scheduler runs."
    ),
    "backfill": Listed(
        "backfill:backfill", "Read all that channels tell since the first day, into the books; nothing is sent."
    ),
    "drift": Listed(
        "drift:drift",
        "Read the ledgers back and compare them with the channels and with what was delivered; all routes by default.",
    ),
    "figures": Listed(
        "figures:figures", "What is new on ROUTE, its refunds and disputes, and a month of it: tax, profit and loss."
    ),
    "explain": Listed(
        "explain:explain", "Explain ENTRY: each posting by its tax, its rule, its version and the channel's own lines."
    ),
    "books": Listed("books_export:books", "The books as bridge keeps them."),
    "held": Listed(
        "held:held",
        "List what waits: documents that are not booked, vouchers held, parked, in doubt or withdrawn, each with why.",
    ),
    "decide": Listed(
        "decide:decide",
        "Decide on a voucher (release, retry, adopt, withdraw, book_again), finding (accept, reverse, supplement), "
        "refund.",
    ),
    "undo": Listed(
        "undo:undo", "Take what was posted for a settlement, payout, day, order or voucher out of the ledger again."
    ),
    "arrived": Listed(
        "arrived:arrived",
        'Say what reached the bank of PAYOUT, in another currency than it was paid in: AMOUNT, such as "1083.20 USD".',
    ),
    "plugins": Listed("plugins:plugins", "Installed plugins: what they read or write, and which are broken."),
    "inspect": Listed("inspect:inspect", "Show what SOURCE makes of FILES, by kind of line, and store nothing."),
    "sandbox": Listed(
        "sandbox:sandbox",
        "Run the sandbox NAME on this machine until Ctrl-C: a fake with state, over real HTTP, loopback only.",
    ),
    "organisations": Listed(
        "organisations:organisations",
        "Whose books this database keeps; for whoever operates it for several.",
    ),
    "serve": Listed("serve:serve", "Serve the pages and let a worker do what routes ask for, until SIGTERM or Ctrl-C."),
    "web": Listed(
        "serve:web",
        "Serve the pages alone, until SIGTERM or Ctrl-C: on PostgreSQL, beside as many others and workers as wanted.",
    ),
    "people": Listed(
        "people:people", "Who may use the pages of the organisation: seats, invitations, links that sign in."
    ),
    "worker": Listed(
        "worker:worker",
        "Do what routes ask for by themselves (read, book, send, check) until SIGTERM or Ctrl-C.",
    ),
    "pause": Listed(
        "pausing:pause",
        "Do nothing with CONNECTION until `bridge resume`: nothing is read from a channel, nothing sent to a ledger.",
    ),
    "resume": Listed(
        "pausing:resume",
        "Let CONNECTION work again that a person paused; what came due meanwhile is done once.",
    ),
    "stop-deliveries": Listed(
        "pausing:stop_deliveries",
        "Write nothing to any ledger, from now on, whoever asks: a worker, a command, an undo.",
    ),
    "runs": Listed("runs:runs", "What was done: every import, sync, delivery and check, numbered."),
    "audit": Listed("audit:audit", "The audit log: every change, by whom, in a hash chain."),
    "secrets": Listed(
        "secrets:secrets", "The keys that seal tokens and answers: a new key, and sealing everything with it."
    ),
    "store": Listed("store:store", "The database: whether it was restored from a backup."),
    "clock": Listed("clock:clock", "Compare this machine's clock with the times in the database."),
    "demo": Listed(
        "demo:demo",
        "Show the whole job on this machine: three channels, two ledgers, a late edit, a kill, tampering, the report.",
    ),
}
