"""The kill switch: what people stopped, and what lets it go on."""

from __future__ import annotations

from starlette.responses import Response

from bridge.errors import ConfigError
from bridge.model.connections import Side
from bridge.web.asked import Asked, action, page
from bridge.web.people import Role
from bridge.web.stopped import stopped


def stop(asked: Asked) -> Response:
    """What is stopped, and, for owners, stopping all."""
    desk = asked.app.desk
    ledgers = sorted({one.plugin for one in desk.connections() if one.side is Side.SINK})
    rows = [(pause, stopped(pause)) for pause in desk.pauses()]
    return asked.show("stop.html", pauses=rows, ledgers=ledgers, may_stop=asked.role is Role.OWNER)


def deliveries_stop(asked: Asked) -> Response:
    """Send nothing: into ledgers of one plugin, or into any."""
    reason = asked.field("reason").strip()
    if not reason:
        raise ConfigError("the kill switch", "needs a reason", "Say why, for whoever finds it so", code="web.reason")
    asked.app.pausing.stop(asked.field("plugin"), "", by=asked.person.name, reason=reason, actor=asked.actor)
    return asked.go("stop")


def deliveries_allow(asked: Asked) -> Response:
    """Let vouchers go again."""
    plugin, _, version = asked.field("subject").partition(" ")
    asked.app.pausing.lift(plugin, version, by=asked.person.name, actor=asked.actor)
    return asked.go("stop")


def connection_resume(asked: Asked) -> Response:
    """Let a connection work again."""
    asked.app.pausing.resume(asked.field("connection"), by=asked.person.name, actor=asked.actor)
    return asked.go("stop")


PAGES = (
    page("/stop", stop),
    action("/stop/deliveries", deliveries_stop, Role.OWNER),
    action("/stop/deliveries/allow", deliveries_allow, Role.OWNER),
    action("/stop/connection/resume", connection_resume),
)
