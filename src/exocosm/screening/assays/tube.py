"""From a tube to a signal: handling, isolation and assay in a row."""

from __future__ import annotations

from typing import Any

from exocosm.bench.protocol import Protocol
from exocosm.documents.fields import Section
from exocosm.screening.assays.reading import Reading
from exocosm.screening.assays.registry import find_assay
from exocosm.screening.content import Content
from exocosm.screening.handling import UNTOUCHED, Handling, handled, with_other_rna
from exocosm.screening.isolation import isolated
from exocosm.screening.people import People, StagedNumbers

SHARES_A_LIBRARY = "small_rna_sequencing"


def tube_to_signal(
    content: Content,
    numbers: StagedNumbers,
    people: People,
    *,
    assay: str,
    volume: float,
    protocol: Protocol | str | None = None,
    handling: Handling = UNTOUCHED,
    settings: Section | None = None,
) -> Reading:
    """What an assay says of `volume` mL of a fluid, handled and isolated.

    protocol: None for the whole fluid.  settings: those of the assay (None: its defaults).
    """
    chosen = find_assay(assay)
    given: Any = chosen.Settings() if settings is None else settings
    if assay == SHARES_A_LIBRARY:
        content = with_other_rna(content, numbers, people)
    content = handled(content, handling, numbers, people)
    extraction = given.extraction if chosen.EXTRACTS else None
    content = isolated(content, protocol, numbers, people, volume, extraction=extraction)
    reading: Reading = chosen.read(content, numbers, people, given)
    return reading
