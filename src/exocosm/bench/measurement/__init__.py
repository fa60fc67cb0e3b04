"""Instruments, forward: what each would report of a specimen, one file per instrument."""
