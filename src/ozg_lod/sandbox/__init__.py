"""Confined processes that do untrusted work, and the scheduler that shares them out."""
