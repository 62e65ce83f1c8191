"""Mutation of the real sources: how many of hundreds of ways to break them the gate stops."""
