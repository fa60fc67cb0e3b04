"""The register of assays: the files of this folder, and what other packages offer by the entry point `exocosm.assays`.

An assay is a module with NAME, TITLE, ANALYTES (kinds it reads), EXTRACTS (whether it reads extracted RNA), `Settings`
(a Section), `read(content, numbers, people, settings) -> Reading` and `price(numbers, markers) -> euro`.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType
from typing import Any

from exocosm.errors import InputError, nearest
from exocosm.plugins import modules_in, offered

GROUP = "exocosm.assays"
PARTS = ("NAME", "TITLE", "ANALYTES", "EXTRACTS", "Settings", "read", "price")


@lru_cache(maxsize=1)
def assays() -> dict[str, ModuleType]:
    """Every assay by name.  Errors: InputError for two of one name, or one that lacks a part."""
    import exocosm.screening.assays as folder

    found: dict[str, ModuleType] = {}
    for module in (*(one for one in modules_in(folder) if hasattr(one, "NAME")), *offered(GROUP)):
        where = getattr(module, "__name__", repr(module))
        missing = [part for part in PARTS if not hasattr(module, part)]
        if missing:
            raise InputError(f"the assay {where} lacks {', '.join(missing)}")
        if found.setdefault(module.NAME, module) is not module:
            raise InputError(f"two assays are called '{module.NAME}': {found[module.NAME].__name__} and {where}")
    return dict(sorted(found.items()))


def find_assay(name: str) -> Any:
    """The assay of that name, or an error with the nearest name."""
    found = assays().get(name)
    if found is None:
        raise InputError(f"there is no assay '{name}'; {nearest(name, assays())}")
    return found
