"""What was found out about a recording beside its numbers: a sentence, about what, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass

GRAVITY = ("warning", "note")


@dataclass(frozen=True)
class Finding:
    """One remark.

    gravity: `warning` (the number may mislead) or `note` (good to know).  about: file, sample or video.  rule: a word
    for what was examined.  text: a sentence that goes on from `about`.  row: the catalogue's row with the limit.
    """

    gravity: str
    about: str
    rule: str
    text: str
    row: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.text}"
