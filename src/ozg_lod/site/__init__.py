"""The site: the served snapshot and the pages about what it holds."""
