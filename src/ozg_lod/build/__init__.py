"""Compile source folders into a snapshot."""
