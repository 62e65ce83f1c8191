"""The catalogue that portals harvest (DCAT-AP.de), its datasets, files, feeds and typed links."""
