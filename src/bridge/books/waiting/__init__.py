"""What waits, looked at again: in bulk, by what people decided, by what became of a payout."""
