"""The cohort engine: several subjects at once, in the lanes of machine code that is made for their model."""
