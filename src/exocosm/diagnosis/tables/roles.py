"""What a column about samples is about, told by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from exocosm.diagnosis.dataset import Role

LABEL_WORDS = (
    "label", "labels", "class", "classes", "group", "groups", "condition", "conditions", "diagnosis", "disease",
    "disease state", "disease status", "status", "cancer type", "cancertype", "tumor type", "tumour type", "cancer",
    "sample type", "sampletype", "type", "phenotype", "case control", "casecontrol", "outcome", "category", "target",
    "treatment", "cohort", "tissue",
)  # fmt: skip
_ABOUT_LABEL = ("label", "class", "group", "condition", "diagnos", "disease", "cancer", "case", "control", "status",
                "phenotype", "outcome", "healthy", "tumortype", "tumourtype", "sampletype")  # fmt: skip
_COLLECTIONS = ("dataset", "datasets", "study", "series", "project", "bioproject", "experiment", "submission")
_TECHNICAL = frozenset([
    "batch", "plate", "lane", "run", "day", "date", "centre", "center", "site", "operator", "technician", "kit",
    "library", "lib", "gel", "chip", "instrument", "machine", "sequencer", "flowcell", "isolation", "extraction",
    "order", "injection", "cohort", "slide", "array", "barcode", "lot", "reagent", "protocol", "platform", "technology",
    "freezer", "shipment", "storage", "processing", "hospital", "lab", "laboratory", "institute", "hemolysis",
    "haemolysis", "rin", "depth", "reads", "tube", "anticoagulant", "thaw", "index", "well", "row", "pool",
    "fraction", "cut", "scan", "sentrix", "month", "year", "collection", "prep", "preparation", "preparer",
    "cartridge", "card", "round", "lims", "biobank", "vendor", "supplier", "provider", "clinic", *_COLLECTIONS,
])  # fmt: skip
_BATCH_LETTERS = frozenset(["p", "b", "l", "pl", "bt", "fc"])  # of plates, batches, lanes, flow cells
_AGAINST = re.compile(r"(?<=[A-Za-z0-9])(?:vs|Vs|VS)(?=[A-Z])|(?<![A-Za-z])(?:vs|Vs|VS|v\.)(?![A-Za-z])")
_BIOLOGICAL = frozenset([
    "sex", "gender", "age", "bmi", "stage", "smoking", "smoker", "race", "ethnicity", "ethnic", "grade", "size",
    "tumour", "tumor", "t", "n", "m", "tnm", "weight", "height", "menopause", "psa", "ca125", "cea", "afp", "ca199",
    "survival", "diabetes", "fasting", "treatment", "therapy", "drug", "medication", "nodes", "metastasis",
    "metastases", "histology", "location", "side", "comorbidity", "alcohol", "subtype", "mutation", "mut", "parity",
])  # fmt: skip
_IDENTITY = frozenset([
    "id", "ids", "accession", "gsm", "srr", "srs", "srx", "sample", "samples", "name", "title", "barcode", "uuid",
    "biosample",
])  # fmt: skip
_SUBJECT = frozenset([
    "patient", "subject", "donor", "individual", "participant", "person", "animal", "mouse", "rat", "biorep",
    "biologicalreplicate", "bioreplicate",
])  # fmt: skip
_REPLICATE = frozenset([
    "techrep", "technicalreplicate", "techreplicate", "replicate", "rep",
])  # fmt: skip


def words_of(name: str) -> list[str]:
    """The small-letter words of a column's name: `CancerType`, `gel.cut size_selection`, `age (years)`."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word for word in re.split(r"[\W_]+", parted.casefold()) if word]


def named_label(name: str) -> int:
    """The place of a name among those that mean the label, the best first; -1 if it is none of them."""
    text = " ".join(words_of(name))
    joined = text.replace(" ", "")
    for place, word in enumerate(LABEL_WORDS):
        if text == word or joined == word:
            return place
    return -1


def means_label(name: str) -> bool:
    """True for names that speak of the question itself: `CancerType`, `CRCVsHC`, `group`, `disease state`."""
    joined = "".join(words_of(name))
    return any(word in joined for word in _ABOUT_LABEL) or is_contrast(name)


def is_contrast(name: str) -> bool:
    """True for names of two classes set against each other: `GBMvsCont`, `CRC_vs_HC`, `tumour vs. normal`."""
    return _AGAINST.search(name) is not None


def is_collection(name: str) -> bool:
    """True for names of what samples were put together in: `dataset`, `study_id`, `GEO series`."""
    return bool(set(words_of(name)) & set(_COLLECTIONS))


def is_batch_code(values: Sequence[str]) -> bool:
    """True if the values are one word of handling, or its letter, with different numbers: P1, P2; batch 3; run_07."""
    parts = [re.fullmatch(r"([a-z]+)[\W_]*\d{1,6}[a-z]?", value.strip().casefold()) for value in values]
    stems = {part.group(1) for part in parts if part}
    return len(values) > 1 and all(parts) and len(stems) == 1 and bool(stems & (_TECHNICAL | _BATCH_LETTERS))


def is_subject(name: str) -> bool:
    """True for columns that name the person, animal or biological replicate."""
    words = words_of(name)
    joined = "".join(words)
    if any(joined.startswith(word) for word in ("biorep", "biologicalrep")):
        return True
    rest = [word for word in words if word not in ("id", "ids", "no", "nr", "number", "name", "code", "identifier")]
    rest = [re.sub(r"id\Z", "", word) if word not in _SUBJECT else word for word in rest]
    return len(rest) == 1 and rest[0].rstrip("s") in _SUBJECT


def named_role(name: str) -> Role:
    """technical, biological, identity or unknown, by the words of a name."""
    words = words_of(name)
    found = set(words)
    if is_subject(name) or "".join(words) in _REPLICATE or "".join(words).startswith("techrep"):
        return "identity"
    if found & _TECHNICAL:
        return "technical"
    if found & _BIOLOGICAL or named_label(name) >= 0:
        return "biological" if found & _BIOLOGICAL else "unknown"
    if found & _IDENTITY or (words and re.search(r"(?:id|accession)\Z", words[-1]) and len(words[-1]) > 3):
        return "identity"
    return "unknown"
