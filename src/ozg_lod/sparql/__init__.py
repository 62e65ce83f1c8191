"""SPARQL: scan and repair of queries, the engine, the protocol, and engines elsewhere."""
