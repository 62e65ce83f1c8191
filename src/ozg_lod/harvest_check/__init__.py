"""The harvest check: a harvester that says what a portal would stumble over, on any catalogue.

A room of its own: of the project it imports `core`, `sandbox`, and of `rdf` the scan before the parser, the parser's
faults in words, and the rules for written values. It knows nothing of our site, our snapshots or our tables; what
fetches and what reads are handed in by who asks (the command line, the server).
"""
