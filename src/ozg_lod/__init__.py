"""Compile a folder of open data into one validated snapshot and serve it to people, portals and SPARQL clients."""

from __future__ import annotations

__version__ = "0.1.0"
