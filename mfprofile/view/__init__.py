"""The output: tables for terminals, Markdown, CSV, JSON, pictures and pages."""
