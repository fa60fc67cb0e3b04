"""Design of protocols: goals, candidates, search, and the answer."""
