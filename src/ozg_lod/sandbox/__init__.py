"""Confined processes that do untrusted work, and the pool that shares them out."""
