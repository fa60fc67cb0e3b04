"""Panels of markers: steps inside the fold, nested cross-validation, null, calibration, model files."""
