"""Assays: one file per physics of reading an isolate."""
