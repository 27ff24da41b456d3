"""Xero for bridge: hook implementations, nothing else."""
