"""The two judges: what each finds in the same graph, and what becomes of a publication they do not agree on."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path

import pyoxigraph as ox
import pytest

from ozg_lod import doctor
from ozg_lod.build import build
from ozg_lod.core.errors import Unprocessable
from ozg_lod.core.settings import Settings
from ozg_lod.core.vocab import SH, XSD
from ozg_lod.rdf.lexical import is_legal
from ozg_lod.validation import check_process, judges
from ozg_lod.validation.examination import Rules, SourceFile

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "judges"
GOLDEN = HERE / "golden.json"
CASES = sorted((ROOT / "tests" / "shapes").glob("*.ttl"))
OURS = b"\n".join(path.read_bytes() for path in sorted((ROOT / "shapes").glob("*.ttl")))
ONTOLOGY = (ROOT / "ontology" / "ozg.ttl").read_bytes()
COMPONENTS = (HERE / "components.ttl").read_bytes()
BASE = "https://example.org/"
MUTATIONS = int(os.environ.get("OZG_JUDGES", "200"))
"""`make nightly` looks at 2,000."""
MAX_TRIPLES = 1_000
LITERALS = {
    "string": ("abc", "", "a\nb", "A", "ä", "abcdefgh"),
    "integer": ("1", "01", "+1", "-5", "x", " 1 "),
    "decimal": ("1.0", "1.", ".5", "1e3", "15.50"),
    "double": ("NaN", "INF", "1", "1e400"),
    "float": ("1.5",),
    "boolean": ("true", "1", "yes"),
    "date": ("2024-01-31", "2024-02-30", "2024-01-31Z", "2024-01-31+02:00", "-0044-03-15"),
    "dateTime": ("2024-01-31T00:00:00", "2024-01-31T24:00:00Z", "2024-01-31T00:00:00Z"),
    "gYearMonth": ("2024-01", "2024-13"),
    "gYear": ("2024",),
    "time": ("12:00:00",),
    "duration": ("P1M", "P30D"),
    "byte": ("300", "7"),
    "nonNegativeInteger": ("-1", "0"),
    "anyURI": ("http://x/",),
}
TERMS = [
    *(ox.Literal(text, datatype=ox.NamedNode(XSD + name)) for name, texts in LITERALS.items() for text in texts),
    *(ox.Literal("a", language=tag) for tag in ("de", "en", "en-gb", "de-at")),
    *(ox.NamedNode(BASE + name) for name in ("a", "b", "o", "zz", "Thing", "Other", "Special")),
    *(ox.BlankNode("n1"), ox.BlankNode("n2"), ox.Literal("x", datatype=ox.NamedNode(BASE + "datatype"))),
]


def triples(*turtle: bytes) -> list[ox.Triple]:
    return [quad.triple for text in turtle for quad in ox.parse(text, ox.RdfFormat.TURTLE, base_iri=BASE)]


def ntriples(graph: list[ox.Triple]) -> bytes:
    return ox.serialize(graph, format=ox.RdfFormat.N_TRIPLES) or b""


def keys(graph: bytes, shapes: bytes, judge: str) -> list[tuple[str, ...]]:
    """Return focus node, path, component, value, severity and source shape of each result."""
    return [astuple(result.terms) for result in judges.judge(graph, shapes, judge)]


def mutated(graph: list[ox.Triple], chance: random.Random) -> list[ox.Triple]:
    """Return a graph in which up to six statements are gone, doubled, or say something else."""
    changed = list(graph)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(changed))
        old, other, term = changed[place], chance.choice(changed), chance.choice(TERMS)
        match chance.randrange(5):
            case 0:
                changed[place] = other
            case 1:
                changed[place] = ox.Triple(old.subject, old.predicate, term)
            case 2:
                changed.append(ox.Triple(old.subject, old.predicate, term))
            case 3:
                changed[place] = ox.Triple(old.subject, other.predicate, old.object)
            case _:
                changed[place] = ox.Triple(other.subject, old.predicate, old.object)
    return changed


def corpus(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield mutated graphs with their shapes: in turn one for all components of SHACL Core, and cases of our rules."""
    components = triples((HERE / "graph.ttl").read_bytes())
    terms = triples(ONTOLOGY)
    for seed in range(count):
        chance = random.Random(seed)  # noqa: S311 - it shall give the same graphs each time
        graph, shapes = components, COMPONENTS
        if seed % 2:
            path = CASES[seed // 2 % len(CASES)]
            own = b"\n".join((ROOT / "shapes" / name).read_bytes() for name in ("shapes.ttl", path.name))
            shapes = OURS if seed % 40 == 1 else own
            graph = triples(path.read_bytes())
            graph += chance.sample(terms, min(len(terms), MAX_TRIPLES - 6 - len(graph)))
        changed = mutated(graph, chance)
        assert len(changed) <= MAX_TRIPLES
        yield ntriples(changed), shapes


def literal(text: str) -> ox.Literal | None:
    term = next(iter(ox.parse(f"<urn:x> <urn:x> {text} .".encode(), ox.RdfFormat.N_TRIPLES))).object if text else None
    return term if isinstance(term, ox.Literal) else None


def kind(only: str, key: tuple[str, ...], both: set[tuple[str, ...]]) -> str:
    """Return the kind of a difference by its name in docs/conformance.md, "" for one that is not listed there."""
    _, _, component, value, _, _ = key
    name, term = component.removeprefix(f"<{SH}").removesuffix("ConstraintComponent>"), literal(value)
    legal = term is not None and is_legal(term.value, term.datatype.value)
    if only == judges.SHACL and component in judges.COMPARING:
        return "incomparable-values"
    if only == judges.SHACL and name == "SPARQL" and key in both:
        return "repeated-solutions"
    if only == judges.SHACL and name in ("Datatype", "SPARQL") and term is not None and not legal:
        return "ill-typed-values"
    if only == judges.PYSHACL and name == "Datatype" and legal:
        return "years-before-one"
    return ""


def differences(graph: bytes, shapes: bytes) -> Counter[str]:
    """Return how often the judges differ in which kind; what is no listed kind is named in full."""
    ours = keys(graph, shapes, judges.SHACL)
    try:
        others = keys(graph, shapes, judges.PYSHACL)
    except Unprocessable:
        return Counter({"pyshacl-fails": 1})
    one, two = Counter(ours) - Counter(others), Counter(others) - Counter(ours)
    both, found = {*ours} & {*others}, ((judges.SHACL, one), (judges.PYSHACL, two))
    return Counter(kind(only, key, both) or f"only {only}: {key}" for only, part in found for key in part.elements())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_both_find_the_same_in_the_cases_of_our_rules(path: Path) -> None:
    graph = ntriples(triples(path.read_bytes(), ONTOLOGY))
    assert keys(graph, OURS, judges.SHACL)
    assert differences(graph, OURS) == {}


PROFILES = {
    "dcat-ap": ["dcat-ap-3.0.0/dcat-ap-SHACL.ttl"],
    "dcat-ap-de": [
        f"dcat-ap-de-3.0/{name}.ttl"
        for name in ("dcat-ap-SHACL-DE", "dcat-ap-de-deprecated", "dcat-ap-spec-german-additions")
    ],
    "dcat-ap-de-lists": ["dcat-ap-de-3.0/dcat-ap-de-controlledvocabularies.ttl"],
    "hvd": ["dcat-ap-hvd-3.0.0/hvd-SHACL.ttl"],
    "cpsv-ap": ["cpsv-ap-3.2.0/shacl/cpsv-ap-SHACL.ttl"],
    "cpov": ["cpov-2.1.2/shacl/core-public-organisation-ap-SHACL.ttl"],
    "mqa": ["vocab/db-shapes.ttl"],
}


@pytest.mark.parametrize("profile", PROFILES)
def test_both_find_the_same_in_the_real_data_by_the_official_shapes(profile: str, target: Path, shared: Path) -> None:
    (data,) = target.glob("snapshots/*/data.nt")
    shapes = b"\n".join(
        path.read_bytes()
        for name in PROFILES[profile]
        for path in (shared / "standards").rglob(Path(name).name)
        if path.as_posix().endswith(name)
    )
    graph = data.read_bytes()
    assert differences(graph, shapes) == {}


def test_mutated_graphs_are_judged_differently_in_the_listed_kinds_only() -> None:
    found = sum((differences(graph, shapes) for graph, shapes in corpus(MUTATIONS)), Counter[str]())
    listed = (ROOT / "docs" / "conformance.md").read_text("utf-8")
    assert [name for name in found if f"`{name}`" not in listed] == []
    assert found["incomparable-values"]


def test_what_the_judge_finds_in_a_fixed_corpus_is_what_its_pinned_version_found(update_golden: bool) -> None:
    graphs = [graph for graph, shapes in corpus(16) if shapes is COMPONENTS]
    found = [
        " ".join(key).replace(BASE, "") for graph in graphs for key in sorted(keys(graph, COMPONENTS, judges.SHACL))
    ]
    if update_golden:
        GOLDEN.write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", "utf-8")
    assert found == json.loads(GOLDEN.read_text("utf-8"))


PREFIXES = f"@prefix sh: <{SH}> . @prefix ex: <{BASE}> . @prefix xsd: <{XSD}> .\n"


@pytest.mark.parametrize(
    "shapes",
    [
        'ex:q sh:select "SELECT $this (str(?v) AS ?value) WHERE { $this ex:p ?v }" .',
        'ex:q sh:select "SELECT $this ?value WHERE { $this ex:p ?v BIND (concat(?v, ?v) AS ?value) }" .',
        'ex:q sh:select "SELECT $this WHERE { $this ex:p ?v { SELECT ?b WHERE { ?b ?c ?d } } }" .',
        "ex:c sh:propertyValidator ex:v .",
        'ex:s sh:minInclusive "a" .',
        'ex:s sh:maxExclusive "a"@de .',
    ],
)
def test_what_shacl_would_judge_wrongly_is_judged_by_pyshacl(shapes: str) -> None:
    assert judges.first((PREFIXES + shapes).encode()) == judges.PYSHACL


def test_our_own_rules_and_queries_that_only_rename_are_judged_by_shacl() -> None:
    renamed = 'ex:q sh:select "SELECT $this ?value WHERE { $this ex:p ?v BIND (?v AS ?value) BIND (ex:p AS ?path) }" .'
    assert {judges.first(OURS), judges.first((PREFIXES + renamed).encode())} == {judges.SHACL}


def test_without_a_wheel_of_shacl_pyshacl_judges_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "FIRST", judges.PYSHACL)
    judges.first.cache_clear()
    assert judges.first(OURS) == judges.PYSHACL
    check = next(check for check in doctor.examine(Settings(), production=False) if check.name == "judge")
    assert check.well
    assert "pyshacl" in check.message["en"]
    examination = build.gate.Examination(b"", (), {}, 0, 0, judge=judges.named(judges.PYSHACL))
    assert build._with_judges(examination, "pyshacl").second == ""  # noqa: SLF001 - no machine here lacks the wheel


def test_values_are_judged_as_they_are_written() -> None:
    shapes = PREFIXES + "ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property ex:P . ex:P sh:path ex:p ; "
    shapes += 'sh:pattern "^0" ; sh:maxInclusive 9 ; sh:in ( "01"^^xsd:integer "300"^^xsd:byte ) .'
    text = f'<{BASE}a> <{BASE}p> "01"^^<{XSD}integer> , "1"^^<{XSD}integer> , "300"^^<{XSD}byte> .'
    graph = ntriples(triples(text.encode()))
    found = {
        (key[3].partition("^")[0], key[2].rpartition("#")[2]) for key in keys(graph, shapes.encode(), judges.SHACL)
    }
    assert found == {
        ('"1"', "PatternConstraintComponent>"),
        ('"1"', "InConstraintComponent>"),
        ('"300"', "PatternConstraintComponent>"),
        ('"300"', "MaxInclusiveConstraintComponent>"),
    }


def test_blank_nodes_keep_their_names() -> None:
    shapes = (
        PREFIXES + "ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; sh:maxCount 0 ] ;"
    )
    shapes += "sh:property [ sh:path ex:q ; sh:nodeKind sh:IRI ] ."
    graph = f"_:z <{BASE}q> _:y .\n_:a <{BASE}p> _:z .\n_:z <{BASE}p> _:y .\n".encode()
    both = [sorted(keys(graph, shapes.encode(), judge)) for judge in (judges.SHACL, judges.PYSHACL)]
    assert both[0] == both[1]
    assert [(key[0], key[3]) for key in both[0]] == [("_:a", ""), ("_:z", ""), ("_:z", "_:y")]


def test_what_did_not_pass_the_gate_and_what_is_no_shapes_graph_is_not_judged() -> None:
    for graph, shapes in ((b"x", OURS), (b"", b"x"), (f"<{BASE}a> <{BASE}p> <<( ".encode(), OURS)):
        with pytest.raises(Unprocessable):
            judges.judge(graph, shapes)


def test_many_things_are_judged_in_the_cage_where_no_thread_can_be_started() -> None:
    shapes = (
        PREFIXES + "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property ex:P . ex:P sh:path ex:p ; sh:maxCount 0 ."
    )
    text = PREFIXES + "\n".join(f"ex:t{number} a ex:T ; ex:p {number} ." for number in range(10_000))
    rules = Rules(base=BASE, shapes=shapes.encode(), foreign=True)
    files = [SourceFile("data.ttl", text.encode())]
    examination = check_process.examine_in_cage(files, rules, memory_mb=512, deadline_s=60)
    assert (sum(examination.counts.values()), examination.judge) == (10_000, judges.named(judges.SHACL))


WARNING = f"""{PREFIXES}
ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property ex:P .
ex:P sh:path ex:p ; sh:maxLength 1 ; sh:severity sh:Warning ; sh:message "Kürzer."@de , "Shorter."@en .
"""
NONE = "SELECT ?thing WHERE { ?thing <https://example.org/none> ?value }"
FORGETFUL = """
class Report:
    results = []
    def serialize(self, form): return ""
class Shapes:
    @staticmethod
    def from_text(text, format): return Shapes()
    def validate_text(self, text, **options): return Report()
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source folder with one thing that breaks a rule a little."""
    catalogue = f"""{PREFIXES} @prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix void: <http://rdfs.org/ns/void#> .
    ex:catalog a dcat:Catalog ; void:uriSpace "{BASE}" . ex:id a ex:T ; ex:p "zu lang" ."""
    for name, text in (
        ("data/catalogue.ttl", catalogue),
        ("shapes/s.ttl", WARNING),
        ("ontology/o.ttl", PREFIXES),
        ("invariants/none.rq", NONE),
    ):
        (tmp_path / "source" / name).parent.mkdir(parents=True)
        (tmp_path / "source" / name).write_text(text, "utf-8")
    return tmp_path / "source"


def report_of(target: Path) -> dict[str, dict[str, object]]:
    (file,) = target.glob("snapshots/*/report.json")
    return dict(json.loads(file.read_text("utf-8")))


def test_nothing_is_published_that_the_two_judge_differently(
    source: Path, tmp_path: Path, run_program: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "shacl.py").write_text(FORGETFUL)
    build_it = ("build", "--source", source, "--target", tmp_path / "target", "--lang", "en")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "lib"), os.environ.get("PYTHONPATH", "")]))
        refused = run_program(*build_it)
        assert not list((tmp_path / "target").glob("snapshots/*/*"))
        alone = run_program(*build_it, "--judge", "none")
    assert refused.returncode == 2
    assert f"{judges.named(judges.PYSHACL)}: <{BASE}id> <{BASE}p> <{SH}MaxLength" in refused.stderr
    assert alone.returncode == 0
    assert report_of(tmp_path / "target")["judges"]["second"] == ""


def test_the_report_says_who_judged(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = judges.named(judges.SHACL), judges.named(judges.PYSHACL)
    said: list[str] = []
    for judge, limit, expected in (("pyshacl", 10, second), ("none", 10, ""), ("pyshacl", 1, "")):
        monkeypatch.setattr(build, "MAX_JUDGED_AGAIN", limit)
        target = tmp_path / f"{judge}-{limit}"
        settings = Settings(source=(source,), target=target, judge=judge)
        assert build.build(settings, say=lambda message: said.append(message["en"])).manifest
        assert (report_of(target)["judges"]["first"], report_of(target)["judges"]["second"]) == (first, expected)
    assert f"Judged by {first} and again by {second}." in said
    assert f"Judged by {first} alone, as was asked for." in said
    assert f"Judged by {first} alone: a second judge takes up to 1 triples." in said
    assert len({build.read((source,), judge=judge).key for judge in ("pyshacl", "none")}) == 2
