"""Tables as plain rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


def records(table: pd.DataFrame) -> list[Row]:
    """The rows of a table as mappings from column to value."""
    return cast("list[Row]", table.to_dict("records"))
