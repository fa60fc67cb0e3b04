"""Bodies: organ tables turned into places and flows, and the mechanisms that live in them."""

from exocosm.bodies.body import Body, assemble
from exocosm.bodies.organs import organ_table, organisms
from exocosm.bodies.presets import list_mechanisms, list_presets, preset

__all__ = ["Body", "assemble", "list_mechanisms", "list_presets", "organ_table", "organisms", "preset"]
