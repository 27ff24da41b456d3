"""Who owes the tax of a line, at which rate, and what somebody must say first. Pure."""
