from __future__ import annotations

import pytest

from exocosm.errors import EvidenceError, InputError
from exocosm.evidence.bibliography import cite, link, parse_bibliography, read_bibliography, short

TEXT = r"""% comment with a { brace
@article{Morishita2015,
  author = {Morishita, Masaki and Takahashi, Yuki and Nishikawa, Makiya},
  title = "Quantitative {A} and "{"}quoted{"}" ,
  year = 2015,
  doi = {https://doi.org/10.1002/jps.24251},
}
@misc{Page, title = {A page about vesicles}, url = {https://example.org/a_b}}
@article{Two, author = {M{\"u}ller, J. and Lee Kim}, year = {2019}}
"""


def test_reads_the_subset() -> None:
    text = TEXT.replace('"Quantitative {A} and "{"}quoted{"}" ', '"Quantitative {A} and {"}quoted{"}"')
    sources, problems = parse_bibliography(text)
    assert problems == []
    assert sources["Morishita2015"].fields["title"] == 'Quantitative {A} and {"}quoted{"}'
    assert sources["Morishita2015"].fields["year"] == "2015"
    assert short("Morishita2015", sources) == "Morishita et al. 2015"
    assert short("Two", sources) == "Müller and Kim 2019"
    assert short("Page", sources) == "A page about vesicles"
    assert link("Morishita2015", sources) == "https://doi.org/10.1002/jps.24251"
    assert link("Page", sources) == "https://example.org/a_b"
    assert link("Two", sources) == ""


def test_cite_gives_exactly_what_is_named_and_can_be_read_again() -> None:
    sources, _ = parse_bibliography("@misc{B, title = {b {c}}}\n@misc{A, year=1999}\n@misc{C, x={1}}")
    text = cite(["B", "A", "B"], sources)
    again, problems = parse_bibliography(text)
    assert problems == [] and list(again) == ["A", "B"]
    assert again["B"] == sources["B"]
    with pytest.raises(EvidenceError, match=r"Bb.*did you mean 'B'"):
        cite(["A", "Bb"], sources)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@misc{A, title = {x}", "comma or the closing brace"),
        ("@misc{A, title = {x", "never ends"),
        ("@misc{A, title = x}", "a field is"),
        ("@misc{A, title = {x} year = {1}}", "comma"),
        ("@misc{A, title = {x}, title = {y}}", "twice"),
        ("stray text\n@misc{A, x={1}}", "expected an entry"),
        ("@string{jps = {J}}", "not read here"),
        ("@misc{A, x={1}}\n@misc{A, x={2}}", "defined twice"),
        ("@misc{A, title = {" + "{" * 60 + "}" * 60 + "}}", "deeper"),
    ],
)
def test_what_is_not_the_subset_is_a_problem(text: str, words: str) -> None:
    _, problems = parse_bibliography(text)
    assert any(words in str(problem) for problem in problems), problems


def test_a_broken_entry_does_not_hide_the_others() -> None:
    sources, problems = parse_bibliography("@misc{A, x=1}\n@misc{B, x={1}\n@misc{C, x={1}}\n@misc{, }\n@misc{D, x=1}")
    assert set(sources) == {"A", "C", "D"}
    assert [problem.where for problem in problems] == ["sources.bib line 3", "sources.bib line 4"]


def test_a_link_never_carries_a_script() -> None:
    sources, _ = parse_bibliography('@misc{A, url={javascript:alert(1)}}\n@misc{B, doi={10.1/x" onclick=y}}')
    assert link("A", sources) == "" and link("B", sources) == ""


def test_unreadable_file(tmp_path) -> None:
    with pytest.raises(InputError, match=r"missing\.bib"):
        read_bibliography(tmp_path / "missing.bib")
