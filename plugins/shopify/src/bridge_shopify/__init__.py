"""Shopify for bridge: hook implementations, nothing else."""
