"""Makes the calls of clients that no one here wrote against the sandboxes, and prints which passed.

Run it from the root of the repository, with the project's own Python: ``.venv/bin/python tests/foreign/run.py``. What
pip and npm install goes into ``--into``, once. See README.md.
"""
