"""Who may come in, and to what: people, their seats in organisations, and the browsers in which they are signed in.

There are no passwords. Somebody comes in by a link that is good once (``entrance``), by an invitation (``members``),
or over an OpenID provider (``provider``). ``secret`` makes what is sent out, of which only the hash is kept; ``brake``
slows down who tries. What changes a seat stands in the audit log of its organisation.
"""

from bridge.people.brake import Brake, TooManyError
from bridge.people.entrance import Came, Entrance, Signed
from bridge.people.members import Member, Members
from bridge.people.provider import Identity, Provider

__all__ = ["Brake", "Came", "Entrance", "Identity", "Member", "Members", "Provider", "Signed", "TooManyError"]
