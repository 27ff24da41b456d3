"""The plugin that ``bridge plugins new`` writes: templates under ``files/``, filled in with a channel's name.

``files/common`` is written always; of the other folders the one of the format that the channel's files have.
"""

from bridge.cli.template.scaffold import FORMATS, Scaffold

__all__ = ["FORMATS", "Scaffold"]
