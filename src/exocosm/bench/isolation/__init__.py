"""Isolation: one file per physics, each a function from a specimen to a product and its waste."""
