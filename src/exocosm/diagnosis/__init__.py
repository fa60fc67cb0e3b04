"""Judging a data set: what it can answer, and what it shows."""
