"""Which cells take vesicles up, and what becomes of the vesicles inside."""
