"""The catalogue that portals harvest (DCAT-AP.de), its pages, feeds and typed links."""
