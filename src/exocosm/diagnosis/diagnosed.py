"""What judging a data set came to: a judgement per contrast, or saved models validated on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exocosm.diagnosis.audit.run import Audit
    from exocosm.diagnosis.dataset import Contrast, Dataset
    from exocosm.diagnosis.judgement import Judgement
    from exocosm.diagnosis.panels.external import ExternalResult
    from exocosm.markers.panels import Panel


@dataclass(frozen=True)
class Validated:
    """A saved model on this data set: which contrast, what came out, and the audit of the contrast in this table."""

    contrast: Contrast
    result: ExternalResult
    audit: Audit

    @property
    def is_refused(self) -> bool:
        """Whether nothing may be said: the audit forbids it, or the model could not be applied."""
        return self.audit.verdict == "refused" or self.result.auc is None

    @property
    def sentence(self) -> str:
        """The result in a line; of a confounded contrast the reason instead of a number."""
        return self.audit.headline if self.audit.verdict == "refused" else self.result.sentence

    def as_plain(self) -> dict[str, Any]:
        """Plain data; no number of the model where the audit forbids an answer."""
        found: dict[str, Any] = {"contrast": self.contrast.name, "sentence": self.sentence}
        found["audit"] = self.audit.headline
        return found if self.audit.verdict == "refused" else {**self.result.as_plain(), **found}


@dataclass(frozen=True)
class Diagnosis:
    """A data set as it was read, and what was judged: a judgement per contrast, or saved models validated on it."""

    dataset: Dataset
    judgements: tuple[Judgement, ...]
    panels: tuple[Panel, ...] = ()
    external: tuple[Validated, ...] = ()
    recipe: Mapping[str, Any] | None = None
    folder: Path | None = None

    def as_plain(self) -> dict[str, Any]:
        """Plain data: what was read, and the verdict of every contrast with its numbers."""
        return {
            "table": self.dataset.title,
            "kind": self.dataset.kind,
            "samples": len(self.dataset.samples),
            "features": int(self.dataset.values.shape[1]),
            "classes": self.dataset.classes,
            "notes": [note.sentence for note in self.dataset.notes],
            "contrasts": [one.as_plain() for one in self.judgements],
            "external": [one.as_plain() for one in self.external],
            "recipe": dict(self.recipe or {}),
        }
