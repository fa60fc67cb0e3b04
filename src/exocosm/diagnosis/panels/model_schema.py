"""What a model file may hold, to the letter: strict types, bounded lengths, no unknown keys, no infinities."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1
MOST_FEATURES = 200_000
MOST_NODES = 2_000_000
MOST_SAMPLES = 1_000_000

Text = Annotated[str, Field(max_length=1000)]
Count = Annotated[int, Field(ge=0, le=MOST_SAMPLES)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Nodes = Annotated[list[int], Field(max_length=MOST_NODES)]


class Part(BaseModel):
    """Base of every part of the file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class RecipePart(Part):
    """The recipe, as `steps.Recipe` has it."""

    kind: Text
    model: Text
    centre_samples: bool
    batch_centring: bool
    least_detected: float
    variable_share: float
    sizes: Annotated[list[int], Field(max_length=100)]
    strengths: Annotated[list[float], Field(max_length=100)]
    mixing: float
    leaves: Annotated[list[int], Field(max_length=100)]
    trees: int
    criterion: Text


class SettingPart(Part):
    """The setting that was chosen."""

    size: Annotated[int, Field(ge=0, le=MOST_FEATURES)]
    strength: Annotated[float, Field(ge=0.0)]
    leaf: Annotated[int, Field(ge=0)]


class PanelFeature(Part):
    """One feature of the panel; `weight` is 0 in a forest."""

    name: Text
    limit: float
    typical: float
    centre: float
    scale: Annotated[float, Field(gt=0.0)]
    weight: float


class BatchPart(Part):
    """What is taken off samples of a batch of the training set, per feature of the panel."""

    name: Text
    shift: Annotated[list[float], Field(max_length=MOST_FEATURES)]


class ForestPart(Part):
    """The trees of `forest.Forest`."""

    feature: Nodes
    threshold: Annotated[list[float], Field(max_length=MOST_NODES)]
    left: Nodes
    right: Nodes
    chance: Annotated[list[Share], Field(max_length=MOST_NODES)]
    starts: Annotated[list[int], Field(min_length=1, max_length=2000)]


class ThresholdPart(Part):
    """A threshold on the score, and the specificity that it was set for."""

    specificity: Annotated[float, Field(gt=0.0, lt=1.0)]
    threshold: float


class FeatureProfile(Part):
    """A feature in the training set, on the panel's scale: share of samples in which it was detected; of detected
    values their mean, standard deviation and quantiles (0, 5, 25, 50, 75, 95 and 100 %)."""

    name: Text
    detected: Share
    mean: float
    deviation: Annotated[float, Field(ge=0.0)]
    quantiles: Annotated[list[float], Field(min_length=7, max_length=7)]


class TrainingPart(Part):
    """The training set."""

    title: Text
    cases: Count
    controls: Count
    case_subjects: Count
    control_subjects: Count
    case_class: Text
    control_class: Text
    profiles: Annotated[list[FeatureProfile], Field(max_length=MOST_FEATURES)]
    data: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ModelFile(Part):
    """The whole file.  features: all names of the training table, exactly as read.  judged: figures of nested
    cross-validation that travel with the model."""

    exocosm_panel_model: Literal[1]
    exocosm: Text
    seed: int
    recipe: RecipePart
    setting: SettingPart
    panel: Annotated[list[PanelFeature], Field(max_length=MOST_FEATURES)]
    intercept: float
    base: float
    references: Annotated[list[Text], Field(max_length=MOST_FEATURES)]
    batches: Annotated[list[BatchPart], Field(max_length=10_000)]
    forest: ForestPart | None
    thresholds: Annotated[list[ThresholdPart], Field(min_length=1, max_length=100)]
    features: Annotated[list[Text], Field(min_length=1, max_length=MOST_FEATURES)]
    training: TrainingPart
    judged: Annotated[dict[Text, float], Field(max_length=100)]
