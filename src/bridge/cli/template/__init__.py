"""The plugin that ``bridge plugins new`` writes: templates under ``files/``, filled in with a channel's name."""

from bridge.cli.template.scaffold import Scaffold

__all__ = ["Scaffold"]
