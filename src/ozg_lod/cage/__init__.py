"""Children that can be ended, which do all untrusted work."""
