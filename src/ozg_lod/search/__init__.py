"""Search and official keys: the index of a snapshot, and what somebody may have meant."""
