"""The doors: each request becomes one call below and one answer."""
