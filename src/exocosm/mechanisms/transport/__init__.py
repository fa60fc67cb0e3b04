"""How vesicles move with blood and lymph and through vessel walls."""
