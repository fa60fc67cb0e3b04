"""Free drug: distribution and elimination."""
