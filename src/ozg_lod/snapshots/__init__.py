"""Snapshots on disk: immutable directories, the log of what was published, and what changed between two."""
