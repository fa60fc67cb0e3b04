"""What hands and instruments do to particles: fluids, isolation, measurement, and the files that instruments write."""
