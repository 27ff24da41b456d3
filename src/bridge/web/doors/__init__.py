"""Doors: what vendors, and machines that watch, come in by. Nobody is signed in here, and nothing gives a cookie.

A notice is proven, read and kept, and then answered; a worker comes to it. ``notices`` tells the story of one,
``bodies`` says what is read of a request at all, ``intake`` keeps many in one transaction. ``health`` says whether the
process lives, can work, and what it counted; ``lines`` what the log says of a request.
"""

from bridge.web.doors.health import health, listening
from bridge.web.doors.lines import LoggedRequests
from bridge.web.doors.notices import Doors

__all__ = ["Doors", "LoggedRequests", "health", "listening"]
