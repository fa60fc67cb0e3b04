"""The table of rotors, and forces with their radius."""

from __future__ import annotations

from pathlib import Path

import pytest

from exocosm.bench.rotors import TABLE, Force, find_rotor, force, list_rotors, read_rotors, speed_rpm
from exocosm.errors import CheckError, InputError
from exocosm.evidence.catalogue import load_catalogue


def test_table_holds_at_least_sixteen_rotors_of_both_kinds_with_known_sources() -> None:
    rotors = list_rotors()
    assert len(rotors) >= 16
    assert {rotor.kind for rotor in rotors.values()} == {"swinging_bucket", "fixed_angle"}
    sources = load_catalogue().sources
    for rotor in rotors.values():
        assert all(key in sources for key in rotor.source.split(";")), rotor.name


def test_average_radius_lies_near_the_middle() -> None:
    for rotor in list_rotors().values():
        middle = 0.5 * (rotor.r_min_mm + rotor.r_max_mm)
        assert rotor.r_average_mm == pytest.approx(middle, rel=0.03), rotor.name


def test_every_tube_has_a_price() -> None:
    priced = {row.device for row in load_catalogue().index["price"]}
    assert {rotor.tube_item for rotor in list_rotors().values()} <= priced


def test_path_across_fixed_angle_tubes_as_published() -> None:
    published = {"type_45_ti": 41.6, "type_60_ti": 27.3, "type_70_ti": 27.2, "f_45_24_15": 15.6, "tla_110": 14.7}
    for name, path in published.items():
        assert find_rotor(name).path_mm == pytest.approx(path, abs=0.06)


@pytest.mark.parametrize("name", ["SW 40 Ti", "sw40ti", "sw_40_ti", "SW-40-Ti"])
def test_a_rotor_is_found_however_it_is_written(name: str) -> None:
    assert find_rotor(name).name == "sw_40_ti"


def test_an_unknown_rotor_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'Type 45 Ti'"):
        find_rotor("Typ 45 Ti")


def test_force_and_speed_are_inverse() -> None:
    rotor = find_rotor("type_70_ti")
    for radius in ("average", "maximum"):
        assert rotor.force_g(rotor.rpm_at(100_000, radius), radius) == pytest.approx(100_000)
    assert rotor.force_g(30_000, "maximum") / rotor.force_g(30_000) == pytest.approx(91.9 / 65.7)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("100000 g average", Force(100_000, "average")),
        ("100,000 x g maximum", Force(100_000, "maximum")),
        ("1e5 g average", Force(100_000, "average")),
        ("40 000 rpm", Force(40_000, "")),
    ],
)
def test_forces_are_read(text: str, read: Force) -> None:
    assert force(text) == read


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("sw_32_1_ti", "SW 32.1 Ti"),
        ("type_70_ti", "Type 70 Ti"),
        ("tla_100_3", "TLA-100.3"),
        ("f_45_24_15", "F-45-24-15"),
    ],
)
def test_a_rotor_is_called_as_its_maker_calls_it(name: str, title: str) -> None:
    assert find_rotor(name).title == title and find_rotor(title).name == name


@pytest.mark.parametrize("text", ["100000 g", "100000 x g", "100,000g"])
def test_a_force_without_its_radius_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match="at which radius"):
        force(text)


@pytest.mark.parametrize("text", ["fast", "100000", "-5 g average", "0 rpm", "9e9 g average", "1e99 rpm", "g average"])
def test_other_texts_are_no_forces(text: str) -> None:
    with pytest.raises(ValueError):
        force(text)


def test_more_than_the_rotor_can_do_is_refused_with_what_it_can() -> None:
    rotor = find_rotor("sw_28")
    with pytest.raises(InputError, match=r"28,000 rpm.*g average.*g maximum"):
        speed_rpm(rotor, Force(200_000, "average"))
    assert speed_rpm(rotor, Force(28_000, "")) == 28_000


def test_a_faulty_table_tells_every_fault(tmp_path: Path) -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    broken = lines[1].split(",")
    broken[4] = "500"  # r_min above r_max
    (tmp_path / "rotors.csv").write_text("\n".join([lines[0], ",".join(broken), lines[2].replace("67.4", "x")]))
    with pytest.raises(CheckError) as caught:
        read_rotors(tmp_path / "rotors.csv")
    assert len(caught.value.problems) == 2
