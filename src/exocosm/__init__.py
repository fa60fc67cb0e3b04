"""exocosm: knowledge -> study -> model -> engine -> trajectory -> specimen -> bench -> reading -> verdict -> report."""
