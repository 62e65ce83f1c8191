"""The W3C test suites for SPARQL 1.0 and 1.1, run against the code that answers /sparql."""
