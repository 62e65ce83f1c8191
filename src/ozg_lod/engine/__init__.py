"""One SPARQL engine behind a seam: what is refused or rewritten in front of it, and how much it does at once."""
