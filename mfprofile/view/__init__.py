"""What people see: tables for terminals, Markdown, CSV and JSON."""
