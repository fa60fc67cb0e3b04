"""Bodies: organ tables turned into places and flows, and the mechanisms that live in them."""
