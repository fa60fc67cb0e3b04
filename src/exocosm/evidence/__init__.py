"""The catalogue of values: every number with unit, spread, method, source, and where it stands there."""
