"""How well a test tells cases from controls, each number with its interval; used by screenings and by diagnosis."""
