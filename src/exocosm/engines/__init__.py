"""Engines run compiled models.  They know amounts, rates and time, and no biology."""
