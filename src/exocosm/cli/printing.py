"""Rows as text for a terminal, or as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

WIDEST = 70  # characters of a cell in a table


def as_json(content: Any) -> str:
    """One JSON document of plain ASCII, which any terminal and any reader takes."""
    return json.dumps(content, indent=2, default=str, allow_nan=False)


def without_unknown(content: Any) -> Any:
    """The same with null for numbers that are not known or infinite, which JSON cannot say."""
    if isinstance(content, dict):
        return {key: without_unknown(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [without_unknown(value) for value in content]
    if isinstance(content, float) and not abs(content) < float("inf"):
        return None
    return content


def as_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows under their column names; empty columns are left out and long cells cut."""
    if not rows:
        return "nothing found"
    cells = [{column: _cell(content) for column, content in row.items()} for row in rows]
    columns = [column for column in cells[0] if any(row[column] for row in cells)]
    widths = {column: max(len(column), *(len(row[column]) for row in cells)) for column in columns}
    lines = [dict(zip(columns, columns, strict=True)), *cells]
    return "\n".join("  ".join(row[column].ljust(widths[column]) for column in columns).rstrip() for row in lines)


def as_details(row: Mapping[str, Any]) -> str:
    """One thing with all that is known of it; empty fields are left out."""
    lines = [f"{row['kind']} {row['name']}"]
    for field, content in row.items():
        if field in ("kind", "name") or content in (None, "", [], {}, ()):
            continue
        label = field.replace("_", " ")
        if isinstance(content, list) and isinstance(content[0], Mapping):
            text = "\n" + as_table(content)
        elif isinstance(content, Mapping):
            text = "\n".join(["", *(f"{key}: {one}" for key, one in content.items())])
        elif isinstance(content, list):
            text = ", ".join(str(one) for one in content)
        else:
            text = f"{content:.6g}" if isinstance(content, float) else str(content)
        lines.append(f"  {label}: " + text.replace("\n", "\n    "))
    return "\n".join(lines)


def _cell(content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, float):
        return f"{content:.6g}"
    if isinstance(content, Mapping):
        content = [f"{key}: {one}" for key, one in content.items()]
    text = ", ".join(str(one) for one in content) if isinstance(content, list) else str(content)
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."
