from __future__ import annotations

import re
from pathlib import Path

from exocosm.study.load import KINDS, load
from exocosm.study.resolve import resolve
from exocosm.study.schema import study_schema

DOCUMENT = Path(__file__).parents[2] / "docs" / "study_file.md"


def test_the_small_study_in_the_documentation_resolves() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), flags=re.DOTALL)
    assert [arm.name for arm in resolve(load(text)).arms] == ["once", "twice"]


def test_every_key_is_documented() -> None:
    written = set(re.findall(r"[a-z_]+", DOCUMENT.read_text()))
    found = study_schema()
    keys = set(found["properties"]) | {key for part in found["$defs"].values() for key in part.get("properties", ())}
    assert keys - written == set()
    assert set(KINDS) <= written
