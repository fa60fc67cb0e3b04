"""The packaged knowledge passes its own examination."""

from __future__ import annotations

import re

from sources import PACKAGE, name_of

from exocosm.bodies import list_mechanisms, list_presets, organ_table, organisms, preset
from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.check import check_catalogue

# A stranger can follow an address, a table or a file name; not how somebody once came to see a text.
WORKSHOP_WORDS = (
    r"\b(read|find|list|fetch)_\w+",  # names of commands
    r"\bids? \d{6,}",  # numbers of stored copies
    r"\bstored? (file|copy|copies)\b",
    r"\b(the|this|a) (index(?! test)|store|tool|corpus|brief|collector|helper)\b",
    r"\b(shared|collected|our|task) (file|list|note|record|fact|brief|map)s?\b",
    r"\bshared \w+\.\w+",
    r"\bto_verify\b",
    r"\bexcerpts?\b",
)


def test_catalogue_is_sound() -> None:
    catalogue = load_catalogue()
    assert catalogue.values
    check_catalogue(catalogue)


def test_knowledge_names_only_what_a_stranger_can_follow() -> None:
    pattern = re.compile("|".join(WORKSHOP_WORDS), re.IGNORECASE)
    found = []
    for path in sorted((PACKAGE / "knowledge").rglob("*")):
        if path.is_file() and path.suffix in {".csv", ".bib", ".yaml"}:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                found += [f"{name_of(path)}:{number}: '{match.group()}'" for match in pattern.finditer(line)]
    assert found == []


def test_presets_name_mechanisms_that_exist() -> None:
    assert list_presets()
    for name in list_presets():
        mechanisms = [mechanism for mechanism, _ in preset(name)]
        assert set(mechanisms) <= set(list_mechanisms()), name
        assert len(mechanisms) == len(set(mechanisms)), f"{name} names a mechanism twice"


def test_every_organism_has_the_organs_that_mechanisms_rely_on() -> None:
    assert organisms()
    for organism in organisms():
        names = [organ.name for organ in organ_table(organism)]
        assert len(names) == len(set(names))
        assert {"lung", "liver", "kidney", "heart", "tumour"} <= set(names), organism
