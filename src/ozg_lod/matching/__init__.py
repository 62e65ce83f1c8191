"""Lists matched with things: the register, names, the reconciliation service."""
