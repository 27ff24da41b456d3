"""Finds plugins and keeps connections: loads each plugin alone, guards every call, seals what lets bridge in.

Other rooms use ``host.Host`` (the ``desk.Desk`` by which services meet sources and sinks) over a ``loader.load``'s
``registry.Registry``, ``config.HostConfig`` and ``authorization.Started``; ``apply`` and ``declarations`` make the
store match a settings file. They import them from where they are: settings need only the smallest of them, and HTTP
with its limits and OAuth comes with the others.
"""
