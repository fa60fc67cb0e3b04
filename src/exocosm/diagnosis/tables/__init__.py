"""Reading tables of measurements: counts, intensities, Ct values, proteins."""
