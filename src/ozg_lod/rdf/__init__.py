"""RDF: graphs, names, addresses, formats and how they are written."""
