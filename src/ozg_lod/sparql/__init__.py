"""The SPARQL service: protocol, description, lanes of our own or an engine elsewhere, present and past versions."""
