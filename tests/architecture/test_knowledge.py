"""The packaged knowledge passes its own examination."""

from __future__ import annotations

from exocosm.bodies import list_mechanisms, list_presets, organ_table, organisms, preset
from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.check import check_catalogue


def test_catalogue_is_sound() -> None:
    catalogue = load_catalogue()
    assert catalogue.values
    check_catalogue(catalogue)


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
