"""Attacks on the query endpoint, as data, and what must become of them."""
