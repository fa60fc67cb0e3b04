"""Instant calculators: one question, one number with its range, and the assumption that matters most."""
