"""The rules by which two names of miRNAs relate: of parsed names, with the tables of human miRNAs."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from exocosm.markers import tables
from exocosm.markers.mirna_name import MirnaName, parse_mirna
from exocosm.markers.tables import Group, Mature, Renamed

SAME, SAME_SEQUENCE, RENAMED = "same", "same sequence", "renamed"
RELATIONS = (
    SAME, SAME_SEQUENCE, RENAMED, "isoform", "one of several", "arm not given", "copy", "precursor", "letter not given",
    "other arm", "cluster member", "family member", "other species", "different",
)  # fmt: skip
HUMAN = "hsa"
SHOWN = 4  # names that a sentence lists

Finding = tuple[str, bool, str]  # relation, whether it is the same product, why


def listed(names: list[str]) -> str:
    """The first few names, each once, and how many more there are."""
    shown = list(dict.fromkeys(names))[:SHOWN]
    more = len(set(names)) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def withdrawn(name: MirnaName) -> str:
    """The sentence that says that a name was withdrawn from miRBase; empty if it was not."""
    if _species(name) != HUMAN or name.members or not name.number:
        return ""
    row = tables.withdrawn().get(_bare_mature(name).casefold())
    return f"{row.name} is no more in miRBase 22: {row.reason}" if row else ""


def _species(name: MirnaName) -> str:
    return name.species or HUMAN


def _bare(name: MirnaName) -> str:
    """The name without species, for sentences."""
    return name.written.removeprefix(f"{name.species}-") if name.species else name.written


def relate(one: MirnaName, other: MirnaName) -> Finding:
    """How a parsed name relates to the one that is asked for: relation, whether they are the same, why."""
    relation, same, sentence = _relate(one, other)
    if same and one.prefix == "mir" and {one.kind, other.kind} == {"unspecified", "mature"}:
        sentence += "; the spelling of one does not say whether the hairpin is meant"
    return relation, same, sentence


def _relate(one: MirnaName, other: MirnaName) -> Finding:
    if one.kind == "combined" or other.kind == "combined":
        return _of_combined(one, other)
    if not one.number or not other.number:
        same = bool(one.accession) and one.accession == other.accession
        reason = "the accessions are the same" if same else "an accession that miRBase 22 has for no human miRNA"
        return (SAME if same else "different"), same, reason
    if _species(one) != _species(other):
        return _of_species(one, other)
    if {one.kind, other.kind} & {"cluster", "family"}:
        return _of_groups(one, other)
    if one.stem == other.stem:
        return _of_stem(one, other)
    return _of_other_stem(one, other)


def _of_species(one: MirnaName, other: MirnaName) -> Finding:
    if one.prefix == other.prefix and one.number == other.number:
        relation, _, _ = relate(replace(one, species=HUMAN), replace(other, species=HUMAN))
        if relation != "different":
            read = " (no species is given, which is read as human)" if not (one.species and other.species) else ""
            return "other species", False, f"{_species(one)} was asked for, this is {_species(other)}{read}"
    return "different", False, "another miRNA of another species"


def _of_combined(one: MirnaName, other: MirnaName) -> Finding:
    """Names that stand for several: the same only if every pair is."""
    left, right = one.members or (one,), other.members or (other,)
    found = [[relate(a, b) for b in right] for a in left]
    columns = list(zip(*found, strict=True))
    if len(left) == len(right) and all(any(match[1] for match in line) for line in [*found, *columns]):
        return SAME, True, "both name the same miRNAs"
    if all(match[1] for line in found for match in line):
        return SAME_SEQUENCE, True, "the miRNAs that are named together have one and the same sequence"
    flat = [match for line in found for match in line if match[0] != "different"]
    if any(match[1] for match in flat):
        name = one if one.members else other
        return "one of several", False, f"{name.written} stands for {len(name.members)} miRNAs, this is one of them"
    if flat:
        best = min(flat, key=lambda match: RELATIONS.index(match[0]))
        return best[0], False, f"of one of the names in {(one if one.members else other).written}: {best[2]}"
    return "different", False, "another miRNA"


def _product(name: MirnaName) -> Mature | None:
    """The one human product that a name stands for; None if it may stand for several, or the tables have none."""
    if _species(name) != HUMAN or name.kind not in ("mature", "unspecified") or name.star or name.variant:
        return None
    if name.accession:
        return tables.mature_of_accession().get(name.accession)
    exact = tables.matures().get(_bare_mature(name).casefold())
    if exact is not None:
        return exact
    if not name.arm:
        return None
    on_arm = {
        one.accession: one
        for hairpin in tables.hairpins_of_stem().get(name.stem, ())
        for one in tables.hairpins()[hairpin]
        if one.arm == name.arm and (not name.copy or hairpin.endswith(f"-{name.copy}"))
    }
    return next(iter(on_arm.values())) if len(on_arm) == 1 else None


def _bare_mature(name: MirnaName) -> str:
    short = {"mir": "miR", "let": "let", "lin": "lin"}[name.prefix]
    end = f"-{name.arm}" if name.arm else ""
    return f"{short}-{name.number}{name.letter}{'-' + name.copy if name.copy else ''}{end}"


def _of_stem(one: MirnaName, other: MirnaName) -> Finding:
    """Both names have the same number and letter."""
    if "precursor" in (one.kind, other.kind):
        return _of_hairpin(one, other)
    left, right = _product(one), _product(other)
    if left is not None and right is not None:
        return _of_products(left, right)
    if one.variant != other.variant and one.arm == other.arm:
        return "isoform", False, "one of the names is of an isoform with another end"
    if one.arm and other.arm and one.arm != other.arm:
        return "other arm", False, f"{one.arm} was asked for, this is the {other.arm} arm of the same hairpin"
    if one.star != other.star:
        return _of_star(one, other)
    if one.arm != other.arm:
        return _without_arm(one, other)
    if one.copy != other.copy:
        return "copy", False, "one of the names gives a copy of the hairpin, and the copies differ on this arm"
    return SAME, True, _of_equal(one)


def _of_equal(name: MirnaName) -> str:
    if name.arm or name.star or _product(name) is not None:
        return "the same name"
    arms = sorted({one.arm for one in _products_of_stem(name)})
    if len(arms) > 1:
        return f"the same name, but neither says which arm it is of: {_dominant(name) or 'the hairpin gives two'}"
    return "the same name"


def _products_of_stem(name: MirnaName) -> list[Mature]:
    hairpins = tables.hairpins_of_stem().get(name.stem, ()) if _species(name) == HUMAN else ()
    return [one for hairpin in hairpins for one in tables.hairpins()[hairpin]]


def _of_products(left: Mature, right: Mature) -> Finding:
    if left.accession == right.accession:
        return SAME, True, f"the same mature product ({left.accession})"
    if left.sequence == right.sequence:
        return (
            SAME_SEQUENCE,
            True,
            f"{left.name} and {right.name} come from two genes and are one sequence: no assay of \
the mature miRNA tells them apart",
        )
    if left.arm != right.arm and set(left.hairpins) & set(right.hairpins):
        return "other arm", False, f"{left.name} was asked for, {right.name} is the other arm of the same hairpin"
    if left.arm != right.arm:
        return "other arm", False, f"{left.name} was asked for, {right.name} is of the other arm of a copy"
    return "copy", False, f"{left.name} and {right.name} are of two copies of the hairpin and differ in sequence"


def _of_hairpin(one: MirnaName, other: MirnaName) -> Finding:
    """At least one of two names with the same stem is a hairpin's."""
    if one.kind == other.kind:
        if one.copy == other.copy:
            return SAME, True, "the same hairpin"
        copies = tables.hairpins_of_stem().get(one.stem, ()) if _species(one) == HUMAN else ()
        return "copy", False, f"one of several hairpins of this name ({listed(list(copies)) or 'copies are numbered'})"
    hairpin = one if one.kind == "precursor" else other
    mature = other if hairpin is one else one
    products = sorted({found.name for found in _products_of_stem(hairpin)})
    if len(products) == 1:
        gives = f"whose only annotated product is {products[0]}"
    elif products:
        gives = f"from which {listed(products)} come"
    else:
        gives = "from which both arms come"
    sentence = f"{_bare(hairpin)} is the hairpin, {gives}; a number for the hairpin is not one for {_bare(mature)}"
    return "precursor", False, sentence


def _of_star(one: MirnaName, other: MirnaName) -> Finding:
    starred, plain = (one, other) if one.star else (other, one)
    if not plain.arm:
        return "other arm", False, "the star marks the less abundant arm, the name without it the other one"
    old = _old_name(starred)
    says = f"; {_old_sentence(old)}" if old else ", and which arm that is the name does not say"
    relation = RENAMED if old and old.new.casefold() == _bare_mature(plain).casefold() else "arm not given"
    return relation, bool(old and old.certain and relation == RENAMED), f"the star marks the less abundant arm{says}"


def _without_arm(one: MirnaName, other: MirnaName) -> Finding:
    """One name gives an arm, the other does not."""
    bare, full = (one, other) if not one.arm else (other, one)
    old = _old_name(bare)
    if old is not None and old.new.casefold() == _bare_mature(full).casefold():
        return RENAMED, old.certain, _old_sentence(old)
    known = _dominant(bare)
    two = len({found.arm for found in _products_of_stem(bare)}) > 1 or not _products_of_stem(bare)
    gives = "and the hairpin gives two products" if two else "and miRBase 22 knows one product only"
    return "arm not given", False, f"{_bare(bare)} does not say which arm, {gives}{'; ' + known if known else ''}"


def _dominant(name: MirnaName) -> str:
    """What a source says an old name without arm stood for."""
    old = _old_name(name)
    return _old_sentence(old) if old else ""


def _old_sentence(old: Renamed) -> str:
    when = f"up to release {old.release} of miRBase" if old.release else "in an older release of miRBase"
    return f"{when} {old.old} was the name of what is now {old.new}"


@lru_cache(maxsize=4096)
def _old_name(name: MirnaName) -> Renamed | None:
    if _species(name) != HUMAN or name.kind not in ("mature", "unspecified") or name.variant:
        return None
    wanted = (_bare_mature(name) + ("*" if name.star else "")).casefold()
    return next((row for row in tables.renamed() if row.old.casefold() == wanted), None)


def _of_other_stem(one: MirnaName, other: MirnaName) -> Finding:
    """Number or letter differ."""
    for old_name, new_name in ((one, other), (other, one)):
        old = _old_name(old_name)
        if old is not None and new_name.kind != "precursor" and _is_new(old, new_name):
            return RENAMED, old.certain, _old_sentence(old)
    left, right = _product(one), _product(other)
    if left is not None and right is not None and left.sequence == right.sequence:
        return _of_products(left, right)
    if one.prefix == other.prefix and one.number == other.number and not (one.letter and other.letter):
        return _without_letter(one, other)
    family = _shared_family(one, other)
    if family is not None:
        return "family member", False, f"both are of the {family.name} family, whose members differ in sequence"
    if left is not None and right is not None and left.seed == right.seed:
        return "family member", False, f"another miRNA with the same seed (nucleotides 2 to 8, {left.seed})"
    return "different", False, "another miRNA"


def _is_new(old: Renamed, name: MirnaName) -> bool:
    product = _product(name)
    return (product is not None and product.accession == old.accession) or (
        old.new.casefold() == _bare_mature(name).casefold()
    )


def _without_letter(one: MirnaName, other: MirnaName) -> Finding:
    bare, full = (one, other) if not one.letter else (other, one)
    if one.arm and other.arm and one.arm != other.arm:
        return "different", False, "another letter and another arm"
    lettered = sorted(stem for stem in tables.hairpins_of_stem() if _is_lettered(stem, bare))
    own = tables.hairpins_of_stem().get(bare.stem)
    also = f"; {bare.stem} is also a hairpin of its own" if own else ""
    known = f"; {_dominant(bare)}" if _dominant(bare) else ""
    names = listed([stem.replace("mir-", "miR-") for stem in lettered])
    return "letter not given", False, f"{_bare(bare)} may be any of {names or _bare(full)}{also}{known}"


def _is_lettered(stem: str, bare: MirnaName) -> bool:
    rest = stem.removeprefix(bare.stem)
    return stem.startswith(bare.stem) and rest.isalpha()


def _of_groups(one: MirnaName, other: MirnaName) -> Finding:
    """At least one name is of a cluster or a family."""
    left, right = _group_of(one), _group_of(other)
    if one.kind in ("cluster", "family") and one.kind == other.kind:
        same = left is right if left or right else one.number == other.number
        return (SAME, True, f"the same {one.kind}") if same else ("different", False, f"another {one.kind}")
    if {one.kind, other.kind} == {"cluster", "family"}:
        return "different", False, "one is a cluster in the genome, the other a family by sequence"
    group, member, group_name = (left, other, one) if one.kind in ("cluster", "family") else (right, one, other)
    kind = group_name.kind
    if group is None:
        return "different", False, f"the tables do not have the members of {group_name.written}"
    if _is_member(member, group):
        listed = ", ".join(group.members)
        return f"{kind} member", False, f"{group_name.written} is {len(group.members)} miRNAs ({listed}), not one"
    return "different", False, f"no member of {group_name.written}"


@lru_cache(maxsize=4096)
def _group_of(name: MirnaName) -> Group | None:
    if _species(name) != HUMAN or name.kind not in ("cluster", "family"):
        return None
    groups = tables.clusters() if name.kind == "cluster" else tables.families()
    wanted = f"{name.prefix}-{name.number}" if name.prefix != "mir" else name.number
    return next((group for group in groups.values() if wanted in group.spellings), None)


def _is_member(name: MirnaName, group: Group) -> bool:
    """Whether a name can be of a group: its hairpin or its product is listed, or a listed one is called so."""
    members = [parse_mirna(f"{HUMAN}-{member}") for member in group.members]
    for member in members:
        if member.stem != name.stem or (name.arm and member.arm and name.arm != member.arm):
            continue
        if not (name.copy and member.copy and name.copy != member.copy):
            return True
    return False


@lru_cache(maxsize=1)
def _stems_of_families() -> frozenset[str]:
    members = (member for group in tables.families().values() for member in group.members)
    return frozenset(parse_mirna(f"{HUMAN}-{member}").stem for member in members)


def _shared_family(one: MirnaName, other: MirnaName) -> Group | None:
    if not {one.stem, other.stem} <= _stems_of_families():
        return None
    return next(
        (group for group in tables.families().values() if _is_member(one, group) and _is_member(other, group)), None
    )
