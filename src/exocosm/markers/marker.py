"""A marker, a panel of markers, and what studies report of several read together."""

from __future__ import annotations

from dataclasses import dataclass, field

from exocosm.markers.tables import NOT_GIVEN


@dataclass(frozen=True)
class Marker:
    """One marker of a panel as its source gives it; None and `not given` where the source was not seen to say.

    reference: key of the study in the bibliography, if it is known which it is; reference_number: its number in the
    review.  fold_change: cases over controls.  cases, controls: people.  haemolysis: `raised`, `not raised` or
    `not given`.  source, locator, status: of the numbers.  weight: of panels from files.
    """

    name: str
    kind: str = "mirna"
    cancer: str = ""
    fluids: tuple[str, ...] = ()
    panel: str = ""
    reference: str = ""
    reference_number: str = ""
    direction: str = NOT_GIVEN
    fold_change: float | None = None
    auc: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    cases: int | None = None
    controls: int | None = None
    haemolysis: str = NOT_GIVEN
    source: str = ""
    locator: str = ""
    status: str = ""
    note: str = ""
    weight: float | None = None


@dataclass(frozen=True)
class Reported:
    """What a study reports of several markers read together, or of its design.

    markers: names as in the panel, empty where it concerns the study.  contrast: cases against controls, in words.
    """

    markers: tuple[str, ...]
    contrast: str
    auc: float | None
    sensitivity: float | None
    specificity: float | None
    cases: int | None
    controls: int | None
    source: str
    locator: str
    status: str
    note: str


@dataclass(frozen=True)
class Panel:
    """Markers that belong together.  id: `table1:colorectal cancer`, or the name of a file."""

    id: str
    title: str
    cancer: str
    fluids: tuple[str, ...]
    markers: tuple[Marker, ...]
    references: tuple[str, ...]
    reported: tuple[Reported, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the markers, each once."""
        return tuple(dict.fromkeys(marker.name for marker in self.markers))
