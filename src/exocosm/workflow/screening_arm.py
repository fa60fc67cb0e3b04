"""One test of a screening at one set of numbers: the cohort that is tested, and every number that is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from exocosm.accuracy.ranking import auc_between, roc
from exocosm.documents.quantity import quantity
from exocosm.errors import EvidenceError, InputError
from exocosm.screening.assays.registry import find_assay
from exocosm.screening.at_diagnosis import CancerAtDiagnosis, cancer_at_diagnosis, cancers_known
from exocosm.screening.background import healthy_content
from exocosm.screening.chain import EXACT, TubeTest, burden_of, missing_kinds, signals
from exocosm.screening.cohort import CASES, CONTROLS, Chain, Cohort, CohortScores, CohortSignals, signals_of
from exocosm.screening.detection import DetectionCurve, detection_by_diameter, smallest_detectable
from exocosm.screening.expected import ExpectedTumour, chance_of_error, expected_tumour, smallest_telling_count
from exocosm.screening.fluids import known_fluid
from exocosm.screening.isolation import isolation_price
from exocosm.screening.patients import patients_needed
from exocosm.screening.people import STAGES, People, StagedNumbers
from exocosm.screening.performance import Performance, performance_of
from exocosm.screening.planning import BestPanel, best_panel
from exocosm.screening.rounds import Rounds, false_positives, interval_for, screening_rounds
from exocosm.screening.score import Panel, signed_panel, trained_panel, with_shuffled_labels
from exocosm.screening.split import Split, split_spread
from exocosm.screening.tumour_content import compare_folds, with_tumour
from exocosm.study.screening_load import Test
from exocosm.study.screening_schema import OF_A_COHORT, OF_A_TUMOUR, ScreeningMetricText
from exocosm.units import convert

Array = NDArray[np.float64]

DIAMETERS = tuple(float(one) for one in np.geomspace(1.0, 100.0, 21))  # mm, of the curve of detection
INTERVALS = (91.3, 182.6, 365.25, 730.5, 1095.75, 1826.25, 3652.5)  # days between rounds that are tried
FOUND_EARLY = 0.5  # share of cancers that the longest interval is to find before a size
ROUNDS_OF_CONTROLS = 5
MOST_ON_CURVE, MOST_IN_ROUNDS = 400, 200  # people of the curve and of the rounds, which are asked many times each
MOST_POINTS = 200  # of the operating curve that is kept
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class ArmAnswer:
    """What a test comes to: metrics by name; and, at the central numbers, what the report shows beside them."""

    metrics: Mapping[str, float]
    curve: DetectionCurve | None = None
    operating: tuple[tuple[float, float], ...] = ()
    stages: tuple[tuple[str, int, float, float, float], ...] = ()
    panels: tuple[tuple[str, float, float], ...] = ()
    signals: tuple[tuple[str, float, float, float, str, bool, float, float, float], ...] = ()
    score_split: Split | None = None
    notes: tuple[str, ...] = ()


def answer_of(
    test: Test, metrics: Mapping[str, ScreeningMetricText], numbers: StagedNumbers, people: int, seed: int,
    *, whole: bool = False,
) -> ArmAnswer:  # fmt: skip
    """A test at these numbers.  people: cases, and as many controls.  whole: with all that the report shows."""
    tumour = _Tumour(test, numbers)
    in_cohort = any(text.of in OF_A_COHORT for text in metrics.values())
    cohort = _Tested(test, numbers, people, seed) if in_cohort else None
    found = {}
    for name, text in metrics.items():
        if text.of in OF_A_TUMOUR:
            found[name] = tumour.number(text)
        else:
            assert cohort is not None
            found[name] = cohort.number(text)
    if cohort is None or not whole:
        return ArmAnswer(found, None if cohort is None else cohort.__dict__.get("curve"))
    return ArmAnswer(
        found, cohort.__dict__.get("curve"), cohort.operating(), cohort.stages(), cohort.panels_considered(),
        cohort.marker_rows(), cohort.score_split(), cohort.notes,
    )  # fmt: skip


def faults_of(test: Test, metrics: Mapping[str, ScreeningMetricText], numbers: StagedNumbers) -> tuple[str, ...]:
    """What keeps a test from being run at these numbers, found with two people and no training."""
    if not any(text.of in OF_A_COHORT for text in metrics.values()):
        return ()
    tested = _Tested(test, numbers, 2, 1)
    found = []
    for attempt in (
        lambda: [tested.stage_named(text.stage) for text in metrics.values() if text.stage],
        lambda: tested.cancer,
        lambda: known_fluid(test.fluid, numbers),
        lambda: tested.chain(People(2), np.array([20.0, 20.0]), np.array([True, False])),
    ):
        try:
            attempt()
        except (InputError, EvidenceError) as problem:
            found.append(str(problem))
    return tuple(dict.fromkeys(found))


def unit_of(text: ScreeningMetricText, test: Test) -> str:
    """The unit of a metric."""
    if text.of == "concentration":
        analyte = next((one for one in test.analytes if one.name == text.marker), test.analytes[0])
        return f"{analyte.unit}/mL"
    return {
        "smallest_diameter": "mm", "diameter_at_cut_off": "mm", "edge_at_cut_off": "mm", "lead_time": "day",
        "screening_interval": "day", "time_to_cut_off": "day", "cells_at_cut_off": "cell", "cost": "euro",
    }.get(text.of, "dimensionless")  # fmt: skip


@dataclass(frozen=True)
class _Tumour:
    """The expected tumour of a test, analyte by analyte."""

    test: Test
    numbers: StagedNumbers
    known: dict[str, ExpectedTumour] = field(default_factory=dict)

    def number(self, text: ScreeningMetricText) -> float:
        """A number of the expected tumour."""
        if text.of in ("chance_of_error", "smallest_count"):
            assert text.dna is not None
            volume = _volume(self.test)
            if text.of == "chance_of_error":
                return chance_of_error(text.count, text.dna, volume, self.numbers)
            return smallest_telling_count(text.dna, volume, 1.0 - self.test.use.specificity, self.numbers)
        tumour = self.of(text.marker or self.test.analytes[0].name)
        if "cut_off" in text.of:
            days = tumour.time_to(self.cut_off(text, tumour))
            cells = tumour.cells(days) if np.isfinite(days) else np.inf
            return {
                "time_to_cut_off": days, "cells_at_cut_off": cells, "diameter_at_cut_off": tumour.diameter(cells),
                "edge_at_cut_off": tumour.edge(cells),
            }[text.of]  # fmt: skip
        when = self.days(text, tumour)
        amount = tumour.background() if when is None else tumour.concentration(when)
        if text.of == "fold":
            return amount / tumour.background() if tumour.background() else np.inf
        return amount * _volume(self.test) if text.of == "expected_count" else amount

    def of(self, marker: str) -> ExpectedTumour:
        """The tumour and one analyte."""
        if marker not in self.known:
            analyte = next(one for one in self.test.analytes if one.name == marker)
            self.known[marker] = expected_tumour(
                self.test.cancer, analyte, self.test.fluid, self.numbers, law=self.test.growth,
                size_classes=self.test.size_classes,
            )  # fmt: skip
        return self.known[marker]

    def cut_off(self, text: ScreeningMetricText, tumour: ExpectedTumour) -> float:
        """The cut-off in the unit of the analyte per mL."""
        if self.test.use.cut_off_fold is not None:
            return self.test.use.cut_off_fold * tumour.background()
        value, unit = quantity(str(self.test.use.cut_off))
        return float(convert(value, unit, unit_of(text.model_copy(update={"of": "concentration"}), self.test)))

    def days(self, text: ScreeningMetricText, tumour: ExpectedTumour) -> float | None:
        """The time since the first cell that a metric asks for; None for no tumour at all."""
        if text.after is not None:
            return text.after
        cells = text.cells if text.diameter is None else tumour.cells_in(text.diameter)
        return None if cells is None else tumour.time_of(cells)


@dataclass(frozen=True)
class _Tested:
    """A cohort that goes through a test once; what several metrics need is computed once."""

    test: Test
    numbers: StagedNumbers
    people: int
    seed: int

    @cached_property
    def tube(self) -> TubeTest:
        """The test as the chain runs it."""
        test = self.test
        tube = TubeTest(
            test.cancer, test.fluid, _volume(test), test.analytes, test.protocol, test.handling, test.assay,
            test.assay_settings, test.tumour_signal,
        )  # fmt: skip
        unread = missing_kinds(tube)
        if unread:
            raise InputError(f"the assay {test.assay} does not read {', '.join(unread)}; take another assay or markers")
        return tube

    @cached_property
    def chain(self) -> Chain:
        """People and tumours to signals."""
        return partial(signals, self.tube, self.numbers)

    @cached_property
    def cancer(self) -> CancerAtDiagnosis:
        """The cancer as it is found where nobody is screened."""
        return cancer_at_diagnosis(self.numbers["biology"], self.test.cancer)

    @cached_property
    def cohort(self) -> Cohort:
        """Cases and healthy controls, as many of each."""
        return Cohort(self.cancer, self.people, self.people, seed=self.seed, name="screening")

    @cached_property
    def signals(self) -> CohortSignals:
        """What the assay says of all of them."""
        return signals_of(self.cohort, self.chain, self.tube.markers)

    @cached_property
    def panel(self) -> Panel:
        """The test: weights and threshold from the training half."""
        return self.panel_on(self.signals)

    def panel_on(self, measured: CohortSignals) -> Panel:
        """A panel from the training half of these people."""
        use = self.test.use
        if use.score == "trained":
            return trained_panel(measured, use.specificity)
        pairs = dict(zip(self.tube.markers, self.test.directions, strict=True))
        unknown = [name for name, direction in pairs.items() if direction not in ("up", "down")]
        if unknown:
            raise InputError(f"`score: directions` needs each marker's direction; not given: {', '.join(unknown)}")
        return signed_panel(measured, pairs, use.specificity)  # type: ignore[arg-type]

    @cached_property
    def scores(self) -> CohortScores:
        """The score of everybody."""
        return self.panel.scores(self.signals)

    @cached_property
    def performance(self) -> Performance:
        """On the half held out."""
        prevalence = self.test.use.prevalence or self.cancer.prevalence
        return performance_of(self.scores, self.panel, prevalence)

    @cached_property
    def curve(self) -> DetectionCurve:
        """Detection by diameter."""
        people = min(self.people, MOST_ON_CURVE)
        return detection_by_diameter(self.cohort, self.chain, self.panel, self.tube.markers, DIAMETERS, people=people)

    @cached_property
    def rounds(self) -> Rounds:
        """Screening at the interval of the test."""
        return self.rounds_at(self.test.use.every or DAYS_PER_YEAR)

    def rounds_at(self, interval: float) -> Rounds:
        """Screening at an interval (day)."""
        people = min(self.people, MOST_IN_ROUNDS)
        return screening_rounds(self.cohort, self.chain, self.panel, self.tube.markers, interval, people=people)

    @cached_property
    def best(self) -> BestPanel:
        """The best panel within the budget."""
        price = self.marker_price()
        return best_panel(
            self.signals, dict.fromkeys(self.tube.markers, price), float(self.test.use.budget or np.inf),
            per_sample=self.cost() - price * len(self.tube.markers), specificity=self.test.use.specificity,
        )  # fmt: skip

    @cached_property
    def against_others(self) -> float:
        """Area under the curve of cases against patients with the other cancers, held out."""
        known = [name for name in cancers_known(self.numbers["biology"]) if name != self.cancer.cancer]
        each = max(self.people // max(len(known), 1), 2)
        others = tuple((cancer_at_diagnosis(self.numbers["biology"], name), each) for name in known)
        chains = {name: partial(signals, self.tube.of_cancer(name), self.numbers) for name in known}
        only = Cohort(self.cancer, 0, 0, others, self.seed, "other cancers")
        measured = signals_of(only, self.chain, self.tube.markers, others=chains)
        scores = self.panel.scores(measured).scores
        return auc_between(self.scores.half(training=False).of(CASES), scores).value

    def number(self, text: ScreeningMetricText) -> float:
        """A number of the cohort."""
        if text.of == "auc":
            return self._auc(text)
        if text.of == "sensitivity":
            if text.stage:
                return self._of_stage(text.stage)
            return self.performance.sensitivity.value
        simple = {
            "specificity": lambda: self.performance.specificity.value,
            "positive_predictive_value": lambda: self.performance.ppv.value,
            "negative_predictive_value": lambda: self.performance.npv.value,
            "detection": lambda: float(np.interp(np.log(text.diameter or 1.0), np.log(DIAMETERS), self.curve.smooth())),
            "smallest_diameter": self._smallest,
            "lead_time": lambda: (self.rounds.lead_quantiles((0.5,)) or (np.nan,))[0],
            "found_before_diagnosis": lambda: self.rounds.share_found.value,
            "false_positives_per_thousand": self._false_positives,
            "screening_interval": lambda: self._interval(text),
            "patients_needed": self._patients,
            "panel_auc": lambda: self.best.held_out.value,
            "panel_markers": lambda: float(len(self.best.panel.markers)),
            "cost": self.cost,
        }  # fmt: skip
        return float(simple[text.of]())

    def cost(self) -> float:
        """Money for one person's test: isolation and assay; euro."""
        isolating = 0.0
        if self.tube.protocol is not None or self.tube.assay != EXACT:
            reads_rna = self.tube.assay != EXACT and find_assay(self.tube.assay).EXTRACTS
            isolating = isolation_price(
                self.tube.protocol, self.tube.fluid, self.tube.volume, self.numbers["isolation"], extraction=reads_rna
            )
        reading = (
            0.0 if self.tube.assay == EXACT else find_assay(self.tube.assay).price(self.numbers, len(self.tube.markers))
        )
        return float(isolating + reading)

    def marker_price(self) -> float:
        """What one marker more costs; euro."""
        if self.tube.assay == EXACT:
            return 0.0
        price = find_assay(self.tube.assay).price
        return float(price(self.numbers, 2) - price(self.numbers, 1))

    def operating(self) -> tuple[tuple[float, float], ...]:
        """(specificity, sensitivity) along the curve of the half held out."""
        held_out = self.scores.half(training=False)
        found = roc(held_out.of(CASES), held_out.of(CONTROLS))
        places = np.unique(np.linspace(0, found.threshold.size - 1, MOST_POINTS).astype(int))
        pairs = zip(found.specificity[places], found.sensitivity[places], strict=True)
        return tuple((float(specificity), float(sensitivity)) for specificity, sensitivity in pairs)

    def stages(self) -> tuple[tuple[str, int, float, float, float], ...]:
        """Sensitivity by stage, held out."""
        return tuple(
            (one.stage, one.people, one.sensitivity.value, one.sensitivity.low, one.sensitivity.high)
            for one in self.performance.by_stage
        )

    def panels_considered(self) -> tuple[tuple[str, float, float], ...]:
        """The best panel of each size within the budget (or without limit)."""
        if len(self.tube.markers) < 2:
            return ()
        return tuple(("; ".join(step.markers), step.price, step.auc) for step in self.best.considered)

    def marker_rows(self) -> tuple[tuple[str, float, float, float, str, bool, float, float, float], ...]:
        """Each marker: what shedding makes beside what is reported, how often it is censored, AUC alone."""
        held_out = self.signals.half(training=False)
        people = People(1, still=frozenset(STAGES))  # the typical patient
        healthy = healthy_content(self.tube.analytes, self.tube.fluid, self.numbers, people, volume=self.tube.volume)
        middle = float(np.median(self.signals.members.diameter[self.signals.members.is_case]))
        burden = burden_of(self.test.cancer, self.numbers, people, np.full(people.number, middle))
        folds = {
            one.analyte: one
            for one in compare_folds(healthy, with_tumour(healthy, burden, self.numbers, people), burden,
                                     self.numbers, people)
        }  # fmt: skip
        case, control = held_out.members.of_arm(CASES), held_out.members.of_arm(CONTROLS)
        rows = []
        for place, name in enumerate(self.tube.markers):
            fold = folds.get(name)
            column = np.where(held_out.censored[:, place], -np.inf, held_out.signals[:, place])
            told = (np.nan, np.nan, np.nan, "", True)
            if fold is not None:
                told = (fold.on_vesicles, fold.in_all, fold.reported, fold.source, fold.is_assumed)
            rows.append(
                (name, *told, float(held_out.censored[case, place].mean()),
                 float(held_out.censored[control, place].mean()), auc_between(column[case], column[control]).value)
            )  # fmt: skip
        return tuple(rows)

    def score_split(self) -> Split | None:
        """How the differences between the scores of people with the same tumour divide among the stages."""
        middle = float(np.median(self.signals.members.diameter[self.signals.members.is_case]))
        people = People(min(self.people, MOST_ON_CURVE), self.seed, "split")
        size, ill = np.full(people.number, middle), np.ones(people.number, dtype=bool)

        def answers(at_work: frozenset[str]) -> Array:
            still = people.switched_off(*(stage for stage in STAGES if stage not in at_work))
            return self.panel.score(*self.chain(still, size, ill))

        try:
            return split_spread(answers)
        except InputError:
            return None

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the panel and the biology have to say about themselves."""
        people = People(1, self.seed, "notes", still=frozenset(STAGES))
        content = healthy_content(self.tube.analytes, self.tube.fluid, self.numbers, people, volume=self.tube.volume)
        return (*content.notes, *self.panel.notes)

    def _auc(self, text: ScreeningMetricText) -> float:
        if text.shuffled:
            dealt = with_shuffled_labels(self.signals, self.seed)
            scores = self.panel_on(dealt).scores(dealt).half(training=False)
            return auc_between(scores.of(CASES), scores.of(CONTROLS)).value
        if text.controls == "other cancers":
            return self.against_others
        if text.marker:
            held_out = self.signals.half(training=False)
            place = self.tube.markers.index(text.marker)
            column = np.where(held_out.censored[:, place], -np.inf, held_out.signals[:, place])
            return auc_between(column[held_out.members.of_arm(CASES)], column[held_out.members.of_arm(CONTROLS)]).value
        return self.performance.auc.value

    def stage_named(self, stage: str) -> str:
        """The name of a stage as the cancer writes it; raises InputError for one that it does not have."""
        for one in self.cancer.stages:
            if one.name.casefold() == stage.casefold():
                return one.name
        known = ", ".join(one.name for one in self.cancer.stages)
        raise InputError(f"{self.cancer.cancer} has no stage '{stage}'; known: {known}")

    def _of_stage(self, stage: str) -> float:
        for one in self.performance.by_stage:
            if one.stage.casefold() == self.stage_named(stage).casefold():
                return one.sensitivity.value
        known = ", ".join(one.stage for one in self.performance.by_stage) or "none"
        raise InputError(f"nobody held out has stage '{stage}' (there are: {known}); take more people")

    def _smallest(self) -> float:
        found = smallest_detectable(self.curve, self.test.use.detected).diameter
        return np.inf if found is None else found

    def _false_positives(self) -> float:
        found = false_positives(
            self.cohort, self.chain, self.panel, self.tube.markers, self.test.use.every or DAYS_PER_YEAR,
            people=min(self.people, MOST_IN_ROUNDS), rounds=ROUNDS_OF_CONTROLS,
        )  # fmt: skip
        return found.per_thousand_years.value

    def _interval(self, text: ScreeningMetricText) -> float:
        before = text.diameter or float(np.median(self.signals.members.diameter[self.signals.members.is_case]))
        found = interval_for(FOUND_EARLY, before, INTERVALS, self.rounds_at)
        return 0.0 if found.interval is None else found.interval

    def _patients(self) -> float:
        use = self.test.use
        shares = [min(max(one, 0.01), 0.99) for one in
                  (self.performance.sensitivity.value, self.performance.specificity.value)]  # fmt: skip
        return float(patients_needed(*shares, half_width=use.half_width).recruited)


def _volume(test: Test) -> float:
    if test.volume is None:
        raise InputError("say how much of the fluid is taken, such as `volume: 1 mL`")
    return test.volume
