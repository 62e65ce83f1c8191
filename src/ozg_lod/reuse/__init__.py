"""Linking and reuse: lists matched with things, the reconciliation service, EfA offers and who reuses them."""
