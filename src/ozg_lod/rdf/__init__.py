"""RDF below the catalogue: terms and graphs, what may be written, and the formats they are written in."""
