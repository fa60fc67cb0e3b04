"""One arm of a study: its model, its doses, and the pinned value of every parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exocosm.documents.fields import MechanismChoice
from exocosm.engines.contract import Schedule
from exocosm.errors import CheckError, ExocosmError, InputError, Problem, nearest
from exocosm.evidence.catalogue import Catalogue
from exocosm.evidence.pin import Pin
from exocosm.evidence.value import CONTEXT
from exocosm.network.parts import Model
from exocosm.study.doses import Dosing, Given, add_dose
from exocosm.study.faults import Fault
from exocosm.study.load import Study
from exocosm.study.resolved import ResolvedArm
from exocosm.study.schema import Arm
from exocosm.study.soundness import Examined, condition_problems, model_problems
from exocosm.study.values import OwnValues, Unpinned, correlation_pins, pin_parameters


@dataclass(frozen=True)
class Shared:
    """What all arms of a study have in common."""

    study: Study
    own: Model
    written: Mapping[str, Pin]  # pins of the numbers written in own parts
    values: OwnValues
    catalogue: Callable[[], Catalogue]
    observe_times: tuple[float, ...]
    chosen: set[str]  # keys of `use` that an arm needed
    examined: Examined


def resolve_arm(shared: Shared, name: str) -> tuple[ResolvedArm | None, list[Fault]]:
    """The arm ready to run, or None, and everything that stands in its way."""
    study, arm = shared.study, shared.study.file.arms[name]

    def at(*path: str | int) -> str:
        return study.where("arms", name, *path)

    try:
        model, given, mechanisms = _assembled(shared, name)
    except CheckError as failure:
        return None, [
            Fault(name, one.kind, one.message, at=one.where)
            if one.where.startswith("line ")
            else Fault(name, one.kind, one.message, one.where)
            for one in failure.problems
        ]
    except ExocosmError as failure:
        return None, [Fault(name, "model", str(failure))]
    faults: list[Fault] = []
    dosing = Dosing()
    end = shared.observe_times[-1]
    for index, text in enumerate(arm.doses):
        try:
            add_dose(dosing, index + 1, text, model, given, end)
        except ExocosmError as failure:
            faults.append(Fault(name, "dose", str(failure), at=at("doses", index)))
    present = {parameter.name for parameter in model.parameters}
    added = tuple(parameter for parameter in dosing.parameters.values() if parameter.name not in present)
    body, model = model, replace(model, parameters=model.parameters + added)
    doors = {species for shares in given.entries.values() for species in shares}
    schedule = Schedule(end, shared.observe_times, tuple(dosing.doses))
    for key in arm.context:
        if key not in CONTEXT:
            message = f"'{key}' is no field of a context; {nearest(key, CONTEXT)}"
            faults.append(Fault(name, "unknown name", message, at=at("context", key)))
    context = arm_context(study, arm, given)
    own = OwnValues(arm.set_, ("arms", name, "set"))
    written = {**shared.written, **dosing.pins}
    pins, found, chosen = pin_parameters(
        model.parameters, context, (own, shared.values), written, study.file.use, shared.catalogue
    )
    shared.chosen.update(chosen)
    faults += [_of_value(study, name, one) for one in found]
    correlations: dict[str, Pin] = {}
    try:
        correlations = correlation_pins(pins, shared.catalogue)
    except ExocosmError as failure:
        faults.append(Fault(name, "evidence", str(failure)))
    # parameters of doses are no part of what is examined, so that arms differing in doses share one examination
    dosed = frozenset(doors | {dose.target for dose in schedule.doses})
    examined = [*model_problems(shared.examined, body, pins, dosed), *condition_problems(model, schedule)]
    faults += [Fault(name, one.kind, one.message, one.where) for one in examined]
    for key, message in own.unused():
        faults.append(Fault(name, "unknown name", message, at=at("set", key)))
    if faults:
        return None, faults
    title = arm.title or name.replace("_", " ").replace("-", " ")
    return ResolvedArm(name, title, model, schedule, {**pins, **correlations}, tuple(dosing.words), mechanisms), []


def _of_value(study: Study, arm: str, found: Unpinned) -> Fault:
    if found.path:
        return Fault(arm, "evidence", f"parameter '{found.parameter}': {found.message}", at=study.where(*found.path))
    return Fault(arm, "evidence", found.message, f"parameter '{found.parameter}'")


def arm_context(study: Study, arm: Arm, given: Given) -> dict[str, str]:
    """The context of every look-up in an arm."""
    subjects = study.file.subjects
    carrier = given.preparation.carrier if given.preparation is not None else "free" if given.cargo else ""
    organism = subjects.organism or study.file.model.body or ""
    context = {"organism": organism, "population": subjects.population, "carrier": carrier, "cargo": given.cargo}
    return {key: word for key, word in {**context, **arm.context}.items() if word and key in CONTEXT}


def _assembled(shared: Shared, name: str) -> tuple[Model, Given, tuple[str, ...]]:
    """The arm's model: body, own parts, or both."""
    file = shared.study.file
    arm = file.arms[name]
    preparation = file.preparations[arm.preparation] if arm.preparation is not None else None
    cargo = _cargo(shared.study, arm)
    if file.model.body is None:
        for key in ("without", "mechanisms"):
            if getattr(arm, key):
                raise InputError(f"`{key}` belongs to a body; this study has own parts only")
        return shared.own, Given({}, False, arm.preparation or "", preparation, cargo), ()
    from exocosm.bodies import assemble

    chosen = _mechanisms(shared.study, name)
    body = assemble(
        file.model.body,
        tuple(chosen.items()),
        carrier=preparation.carrier if preparation is not None else "",
        cargo=cargo,
        options=file.model.options,
    )
    return (
        body.model + shared.own,
        Given(body.entries, True, arm.preparation or "", preparation, cargo),
        body.mechanisms,
    )


def _mechanisms(study: Study, name: str) -> dict[str, Mapping[str, Any]]:
    """Name -> options: the preset's, then the study's, then the arm's, less what the arm is without."""
    from exocosm.bodies import list_mechanisms, list_presets, preset

    known, model, arm = list_mechanisms(), study.file.model, study.file.arms[name]
    chosen: dict[str, Mapping[str, Any]] = {}
    problems: list[Problem] = []
    if model.preset is not None:
        if model.preset not in list_presets():
            message = f"there is no preset '{model.preset}'; {nearest(model.preset, list_presets())}"
            raise CheckError("model", [Problem("unknown name", study.where("model", "preset"), message)])
        chosen.update(preset(model.preset))
    more: list[tuple[MechanismChoice, tuple[str, ...]]] = [(choice, ("model",)) for choice in model.mechanisms]
    more += [(choice, ("arms", name)) for choice in arm.mechanisms]
    for choice, path in more:
        if choice.name not in known:
            message = f"there is no mechanism '{choice.name}'; {nearest(choice.name, known)}"
            problems.append(Problem("unknown name", study.where(*path, "mechanisms"), message))
        chosen[choice.name] = choice.options
    for left_out in arm.without:
        if left_out not in chosen:
            message = f"the model has no mechanism '{left_out}' to leave out; {nearest(left_out, chosen)}"
            problems.append(Problem("unknown name", study.where("arms", name, "without"), message))
        chosen.pop(left_out, None)
    if problems:
        raise CheckError("mechanisms", problems)
    return chosen


def _cargo(study: Study, arm: Arm) -> str:
    """What an arm follows: its preparation's cargo, or the drug it is given; a vehicle arm follows none."""
    file = study.file
    if arm.preparation is not None:
        return file.preparations[arm.preparation].cargo or ""
    mine = _free(arm)
    if len(mine) > 1:
        raise InputError(f"an arm follows one drug, but this one is given {' and '.join(sorted(mine))}")
    return mine.pop() if mine else ""


def _free(arm: Arm) -> set[str]:
    return {dose.of for dose in arm.doses if dose.of is not None and dose.of not in ("particles", "protein")}
