"""The vouchers of an entry: whether they can be planned, whether they may go, and that they say what it says. Pure."""
