"""The description of life: amounts changing at rates in places.  No numerics and no biological numbers here."""
