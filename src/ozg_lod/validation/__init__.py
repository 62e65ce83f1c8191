"""The check that sources and contributions pass: documents, tables, rules, and findings as reports."""
