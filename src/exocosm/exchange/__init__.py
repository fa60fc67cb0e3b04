"""Models and studies in the formats of others: SBML and CSV."""

from exocosm.exchange.sbml import to_sbml
from exocosm.exchange.tables import to_csv

__all__ = ["to_csv", "to_sbml"]
