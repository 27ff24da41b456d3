"""Channel facts into documents: files a merchant brought, and what a channel answers, read by the connection's source.

A file is read once, outside any unit of work, and saved in one: its raw bytes, or where it holds buyers' data the
payloads that hold none, and its documents; or nothing of it. What is too large for one unit is written ahead of it,
where nobody sees it. The same content twice changes nothing, and a changed document becomes the next revision,
never an edit. What a file only states is compared with what is there. ``inspect_files`` reads in the same way and saves
nothing. A channel is pulled in windows, page by page: a page goes the way of a file, and is saved with the cursor
after it; a window closes when nothing of it is missing.
"""

from bridge.ingest.back import Back, Far
from bridge.ingest.concerns import is_reversible
from bridge.ingest.decisions import Decisions, check_reversible
from bridge.ingest.disk import FileOnDisk, shown
from bridge.ingest.files import ImportedFile, Importer
from bridge.ingest.inspect import Inspection, Sum, inspect_files
from bridge.ingest.intake import ImportedDocument
from bridge.ingest.notices import UNSENT, expected_at, noticed, privacy_asked
from bridge.ingest.notices import known as known_notices
from bridge.ingest.pull import Pulled, Puller
from bridge.ingest.reporting import ReportRead
from bridge.ingest.revisions import Outcome
from bridge.ingest.silence import AHEAD, ENDS, patience, silent_since
from bridge.ingest.streaming import StreamReport
from bridge.ingest.windows import REACH, REFUSED, SHORT, refused_subject, short_subject

__all__ = [
    "AHEAD",
    "ENDS",
    "REACH",
    "REFUSED",
    "SHORT",
    "UNSENT",
    "Back",
    "Decisions",
    "Far",
    "FileOnDisk",
    "ImportedDocument",
    "ImportedFile",
    "Importer",
    "Inspection",
    "Outcome",
    "Pulled",
    "Puller",
    "ReportRead",
    "StreamReport",
    "Sum",
    "check_reversible",
    "expected_at",
    "inspect_files",
    "is_reversible",
    "known_notices",
    "noticed",
    "patience",
    "privacy_asked",
    "refused_subject",
    "short_subject",
    "shown",
    "silent_since",
]
