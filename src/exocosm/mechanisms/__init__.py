"""One file, one mechanism of the living system: functions that return `Model` parts.  No numerics and no numbers here.

A mechanism asks for its numbers by `Parameter(quantity=..., context=...)`; the evidence catalogue has them.
"""
