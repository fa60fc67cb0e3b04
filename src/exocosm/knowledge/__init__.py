"""Data only: values by theme, sources, organ tables, presets, observations."""
