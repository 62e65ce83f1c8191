"""Contributions: templates, the check of a file, submissions, and the decisions that publish them."""
