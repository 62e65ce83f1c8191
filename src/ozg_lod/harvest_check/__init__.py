"""The harvest check: a harvester that says what a portal would stumble over, on any catalogue."""
