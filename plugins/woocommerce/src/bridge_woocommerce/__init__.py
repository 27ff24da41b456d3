"""WooCommerce for bridge: hook implementations, nothing else."""
