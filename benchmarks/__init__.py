"""Benchmarks: `python benchmarks/run.py` runs them, benchmarks/results.json holds what the last whole run measured."""
