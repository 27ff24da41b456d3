"""Channel facts into documents: files a merchant brought, read through the connection's source.

A file is saved in one unit of work: its raw bytes, its documents' lines, then their heads; or nothing of it. The
same content twice changes nothing, and a changed document becomes the next revision, never an edit. ``inspect_files``
reads in the same way and saves nothing.
"""

from bridge.ingest.disk import FileOnDisk, shown
from bridge.ingest.files import ImportedDocument, ImportedFile, Importer
from bridge.ingest.inspect import Inspected, Inspection, inspect_files
from bridge.ingest.revisions import Outcome

__all__ = [
    "FileOnDisk",
    "ImportedDocument",
    "ImportedFile",
    "Importer",
    "Inspected",
    "Inspection",
    "Outcome",
    "inspect_files",
    "shown",
]
