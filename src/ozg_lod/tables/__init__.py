"""Tables: CSV on the Web descriptions, and CSV, XLSX, XLS and ODS files read without guessing."""
