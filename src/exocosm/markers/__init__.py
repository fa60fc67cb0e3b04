"""Markers as knowledge: names of miRNAs, panels of the literature, signals of blood cells, proteins of vesicles."""
