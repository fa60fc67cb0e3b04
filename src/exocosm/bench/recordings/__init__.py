"""What instruments write: one file per format, all read into the same `Recording`."""
