"""The operators: each breaks the sources in one way, at each place where that can be done.

A new operator is a function with `Sources` as its argument; its name says what is wrong then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise

import pyoxigraph as ox
from tests.mutation.sources import OZG, RDF_TYPE, XSD, Mutant, Row, Sources, Terms, iri

Operator = Callable[[Sources], Iterator[Mutant]]
OPERATORS: dict[str, Operator] = {}
ALIGNED = "figure/"


def operator(function: Operator) -> Operator:
    OPERATORS[function.__name__.replace("_", "-")] = function
    return function


def literal(triple: ox.Triple, text: str) -> Terms:
    term = triple.object
    if not isinstance(term, ox.Literal):
        return []
    if term.language:
        return [ox.Literal(text, language=term.language)]
    return [ox.Literal(text, datatype=term.datatype)]


def text_of(triple: ox.Triple) -> str:
    return str(getattr(triple.object, "value", ""))


def other_number(text: str) -> str:
    """Return a number that somebody may have mistyped: its last two different digits change places, or one more."""
    for one, two in reversed(list(pairwise(range(len(text))))):
        if (
            text[one] != text[two]
            and text[one].isdigit()
            and text[two].isdigit()
            and not (one == 0 and text[two] == "0")
        ):
            return text[:one] + text[two] + text[one] + text[two + 1 :]
    return str(int(text) + 1) if text.isdigit() else text + "1"


def next_month(text: str) -> str:
    year, month = int(text[:4]), int(text[5:7])
    return f"{year + month // 12}-{month % 12 + 1:02}{text[7:]}"


def moved(days: int) -> Callable[[ox.Triple], Terms | None]:
    def change(triple: ox.Triple) -> Terms | None:
        try:
            return literal(triple, (date.fromisoformat(text_of(triple)) + timedelta(days=days)).isoformat())
        except ValueError:
            return literal(triple, str(int(text_of(triple)[:4]) + days // 365) + text_of(triple)[4:])

    return change


def following(rows: list[Row], column: str) -> dict[str, str]:
    values = [row[column] for row in rows if row[column]]
    return dict(zip(values, [*values[1:], values[0]], strict=True))


def swapped(sources: Sources, table: str, one: str, two: str) -> Iterator[Mutant]:
    return sources.cells(table, **{one: lambda row: row[two], two: lambda row: row[one]})


# Numbers


@operator
def count_is_not_that_of_the_wording(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("bundles.csv", services=lambda row: other_number(row["services"]))


@operator
def wording_has_another_count(sources: Sources) -> Iterator[Mutant]:
    return sources.cells(
        "bundles.csv", wording=lambda row: re.sub(r"\((\d+) ", lambda m: f"({int(m[1]) + 3} ", row["wording"])
    )


@operator
def label_has_another_count(sources: Sources) -> Iterator[Mutant]:
    return sources.cells(
        "bundles.csv", statement=lambda row: re.sub(r": (\d+) ", lambda m: f": {int(m[1]) + 1} ", row["statement"])
    )


@operator
def figure_has_another_value(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("ozg:value", lambda triple: literal(triple, other_number(text_of(triple))))


@operator
def figure_is_ten_times_as_much(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("ozg:value", lambda triple: literal(triple, text_of(triple) + "0"))


@operator
def figure_has_the_other_number_of_its_sentence(sources: Sources) -> Iterator[Mutant]:
    def change(triple: ox.Triple) -> Terms | None:
        numbers = [n for text in sources.values(triple.subject, "ozg:wording") for n in re.findall(r"\b\d+\b", text)]
        others = [number for number in numbers if number != text_of(triple)]
        return literal(triple, others[0]) if others else None

    return sources.statements("ozg:value", change)


@operator
def label_of_a_figure_has_another_number(sources: Sources) -> Iterator[Mutant]:
    return sources.statements(
        "skos:prefLabel",
        lambda triple: literal(triple, re.sub(r"\d+", lambda m: other_number(m[0]), text_of(triple), count=1)),
        of=ALIGNED,
    )


@operator
def wording_of_a_figure_has_another_number(sources: Sources) -> Iterator[Mutant]:
    def change(triple: ox.Triple) -> Terms | None:
        (value, *_) = sources.values(triple.subject, "ozg:value") or [""]
        short = value.removesuffix("000000") if len(value) > 6 else value
        return literal(triple, text_of(triple).replace(short, other_number(short))) if short else None

    return sources.statements("ozg:wording", change, of=ALIGNED)


@operator
def grant_has_another_amount(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("ozg:amountEur", lambda triple: literal(triple, other_number(text_of(triple))))


@operator
def award_has_another_amount(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("awards.csv", amount_eur=lambda row: other_number(row["amount_eur"]))


@operator
def award_is_ten_times_as_much(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("awards.csv", amount_eur=lambda row: row["amount_eur"] + "0")


@operator
def allocation_has_another_amount(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("starke-heimat-2020.csv", amount_eur=lambda row: other_number(row["amount_eur"]))


@operator
def condition_has_another_number(sources: Sources) -> Iterator[Mutant]:
    yield from sources.statements("ozg:minPercent", lambda triple: literal(triple, "51.0"))
    yield from sources.statements("ozg:minDuration", lambda triple: literal(triple, "P6Y"))
    for name in ("ozg:minParties", "ozg:maxParties", "ozg:entitlementCount"):
        yield from sources.statements(name, lambda triple: literal(triple, str(int(text_of(triple)) + 1)))


@operator
def qualification_of_a_number_is_lost(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("ozg:precision", lambda _triple: [])


@operator
def qualification_of_a_number_is_another(sources: Sources) -> Iterator[Mutant]:
    others = {"approximate": "moreThan", "moreThan": "justUnder", "justUnder": "approximate"}
    return sources.statements("ozg:precision", lambda triple: [iri("ozg:" + others[text_of(triple).partition("#")[2]])])


@operator
def population_is_another(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("figures-territory.csv", population=lambda row: other_number(row["population"]))


@operator
def area_is_another(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("figures-territory.csv", area_km2=lambda row: str(round(float(row["area_km2"]) * 1.3 + 1, 2)))


@operator
def population_and_area_change_places(sources: Sources) -> Iterator[Mutant]:
    def whole(row: Row) -> str:
        return row["area_km2"].partition(".")[0]

    return sources.cells("figures-territory.csv", population=whole, area_km2=lambda row: row["population"])


@operator
def unit_of_a_figure_is_another(sources: Sources) -> Iterator[Mutant]:
    def change(triple: ox.Triple) -> Terms | None:
        name = text_of(triple).partition("#")[2]
        return [iri("ozg:participants" if name.endswith(("Eur", "Percent")) else "ozg:budgetEur")]

    return sources.statements("ozg:indicator", change)


@operator
def label_of_population_and_area_change_places(sources: Sources) -> Iterator[Mutant]:
    return swapped(sources, "figures-territory.csv", "label_population", "label_area")


# Months and days


@operator
def month_is_not_that_of_the_wording(sources: Sources) -> Iterator[Mutant]:
    return sources.cells(
        "bundles.csv", months=lambda row: " ".join([next_month(row["months"].split()[0]), *row["months"].split()[1:]])
    )


@operator
def month_is_left_out(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("bundles.csv", months=lambda row: row["months"].split()[-1])


@operator
def year_of_a_month_is_another(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("bundles.csv", months=lambda row: re.sub("20(19|20)", "2018", row["months"]))


@operator
def wording_has_another_month(sources: Sources) -> Iterator[Mutant]:
    months = {"Oktober": "September", "November": "Juli", "Dezember": "August", "März": "Januar", "Juni": "Mai"}
    return sources.cells(
        "bundles.csv",
        since=lambda row: re.sub("|".join(months), lambda match: months[match[0]], row["since"], count=1),
    )


@operator
def as_of_is_another_day(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("bundles.csv", as_of=lambda _row: "2021-05-19")


@operator
def period_is_not_that_of_the_wording(sources: Sources) -> Iterator[Mutant]:
    for name in ("dcat:startDate", "dcat:endDate"):
        for kind in ("funding/", "programme/", "statement/", "figure/"):
            yield from sources.statements(name, moved(-366 if name == "dcat:startDate" else 366), of=kind)


@operator
def period_ends_before_it_begins(sources: Sources) -> Iterator[Mutant]:
    for kind in ("funding/", "programme/", "statement/", "figure/starke-heimat-jahr", "period"):
        yield from sources.statements("dcat:endDate", moved(-9999), of=kind)


@operator
def bounds_of_a_figure_are_swapped(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("ozg:latest", moved(-9999), of="-2022")


@operator
def figure_holds_after_it_was_read(sources: Sources) -> Iterator[Mutant]:
    for name in ("ozg:asOf", "ozg:earliest", "ozg:latest"):
        yield from sources.statements(name, moved(9999))


@operator
def statement_is_read_after_its_source_was(sources: Sources) -> Iterator[Mutant]:
    for kind in ("figure/", "statement/", "participation/", "service/"):
        yield from sources.statements("ozg:readOn", moved(90), of=kind)


@operator
def statement_is_read_before_its_source_was_published(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("ozg:readOn", moved(-9999))


@operator
def source_is_published_after_it_was_read(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("dct:issued", moved(9999), of="source/")


@operator
def deadline_is_another_day(sources: Sources) -> Iterator[Mutant]:
    yield from sources.statements("ozg:applicationDeadline", moved(31))
    yield from sources.statements("dct:date", moved(31), of="statement/")


@operator
def plan_becomes_a_fact(sources: Sources) -> Iterator[Mutant]:
    names = {"planned": "available", "available": "planned", "registered": "available", "announced": "planned"}
    return sources.statements(
        "ozg:status",
        lambda triple: [iri("ozg:" + names.get(text_of(triple).partition("#")[2], "available"))],
        of="/",
    )


# Validity


@operator
def end_of_validity_is_not_that_of_the_change(sources: Sources) -> Iterator[Mutant]:
    def later(row: Row) -> str:
        return (date.fromisoformat(row["valid_to"]) + timedelta(days=30)).isoformat() if row["valid_to"] else ""

    yield from sources.cells("municipalities.csv", valid_to=later)
    yield from sources.cells("containment.csv", valid_to=later)


@operator
def beginning_of_validity_is_not_that_of_the_change(sources: Sources) -> Iterator[Mutant]:
    def earlier(row: Row) -> str:
        return (date.fromisoformat(row["valid_from"]) - timedelta(days=30)).isoformat() if row["valid_from"] else ""

    yield from sources.cells("municipalities.csv", valid_from=earlier)
    yield from sources.cells("containment.csv", valid_from=earlier)


@operator
def change_is_on_another_day(sources: Sources) -> Iterator[Mutant]:
    yield from sources.statements("dct:date", moved(31), of="#change-")
    yield from sources.statements("ozg:validTo", moved(31), of="municipality/")


@operator
def successor_is_another(sources: Sources) -> Iterator[Mutant]:
    def change(triple: ox.Triple) -> Terms | None:
        return [ox.NamedNode(text_of(triple)[:-8] + "06631009")]

    yield from sources.statements("org:originalOrganization", change)
    yield from sources.statements("org:resultingOrganization", change)


# Place


@operator
def latitude_and_longitude_change_places(sources: Sources) -> Iterator[Mutant]:
    return swapped(sources, "municipalities.csv", "lat", "long")


@operator
def centre_lies_elsewhere(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("municipalities.csv", lat=lambda row: str(round(float(row["lat"] or 0) + 0.3, 6)))


@operator
def outline_is_shifted(sources: Sources) -> Iterator[Mutant]:
    def shifted(row: Row) -> str:
        return re.sub(r"\b(\d{1,2}\.\d+) (\d\d\.\d+)", lambda m: f"{float(m[1]) + 0.4:.5f} {m[2]}", row["outline"])

    return sources.cells("geometry.csv", outline=shifted)


@operator
def outline_is_that_of_another_place(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("geometry.csv"), "outline")
    return sources.cells("geometry.csv", outline=lambda row: others[row["outline"]])


@operator
def outline_is_too_large(sources: Sources) -> Iterator[Mutant]:
    def larger(row: Row) -> str:
        pairs = re.findall(r"(\d+\.?\d*) (\d+\.?\d*)", row["outline"])
        x, y = (sum(float(pair[axis]) for pair in pairs) / len(pairs) for axis in (0, 1))

        def stretched(match: re.Match[str]) -> str:
            return f"{x + 1.5 * (float(match[1]) - x):.5f} {y + 1.5 * (float(match[2]) - y):.5f}"

        return re.sub(r"(\d+\.?\d*) (\d+\.?\d*)", stretched, row["outline"])

    return sources.cells("geometry.csv", outline=larger)


@operator
def containment_is_in_another_district(sources: Sources) -> Iterator[Mutant]:
    others = {"06431": "06432", "06531": "06532", "06633": "06634", "064": "065", "065": "066", "066": "064"}
    return sources.cells("containment.csv", whole=lambda row: others.get(row["whole"], row["whole"]))


# Keys


@operator
def ars_is_not_that_of_the_ags(sources: Sources) -> Iterator[Mutant]:
    yield from sources.cells(
        "municipalities.csv", ars=lambda row: row["ars"][:-1] + str((int(row["ars"][-1]) + 1) % 10)
    )
    yield from sources.cells("districts.csv", ars=lambda row: row["ars"][:4] + "9" + row["ars"][5:])


@operator
def district_of_the_ars_is_another(sources: Sources) -> Iterator[Mutant]:
    return sources.cells(
        "municipalities.csv", ars=lambda row: row["ars"][:4] + str((int(row["ars"][4]) + 1) % 10) + row["ars"][5:]
    )


@operator
def type_is_not_that_of_the_key(sources: Sources) -> Iterator[Mutant]:
    others = {"KreisfreieStadt": "Stadt", "Stadt": "KreisfreieStadt", "Gemeinde": "Landkreis"}
    return sources.cells("municipalities.csv", classification=lambda row: others.get(row["classification"], ""))


@operator
def town_is_a_village(sources: Sources) -> Iterator[Mutant]:
    others = {"Stadt": "Gemeinde", "Gemeinde": "Stadt"}
    return sources.cells(
        "municipalities.csv", classification=lambda row: others.get(row["classification"], row["classification"])
    )


@operator
def nuts_is_that_of_another_district(sources: Sources) -> Iterator[Mutant]:
    for table in ("districts.csv", "municipalities.csv"):
        others = following(sources.rows(table), "nuts3")
        yield from sources.cells(table, nuts3=lambda row, others=others: others.get(row["nuts3"], ""))
    states = following(sources.rows("states.csv"), "nuts1")
    yield from sources.cells("states.csv", nuts1=lambda row: states[row["nuts1"]])


@operator
def nuts_lies_in_another_region(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("districts.csv", nuts3=lambda row: "DE7" + str(int(row["nuts3"][3]) % 3 + 1) + "Z")


@operator
def geocoding_key_is_that_of_another(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("municipalities.csv"), "geocoding_key")
    return sources.cells("municipalities.csv", geocoding_key=lambda row: others.get(row["geocoding_key"], ""))


@operator
def district_key_of_an_independent_city_is_another(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("municipalities.csv"), "district_key")
    return sources.cells("municipalities.csv", district_key=lambda row: others.get(row["district_key"], ""))


@operator
def key_stands_twice(sources: Sources) -> Iterator[Mutant]:
    for table, column in (("municipalities.csv", "ags"), ("districts.csv", "key"), ("states.csv", "wikidata")):
        columns, _rows = sources.tables[table]
        if column in columns:
            others = following(sources.rows(table), column)
            yield from sources.cells(table, **{column: lambda row, o=others, c=column: o.get(row[c], "")})


@operator
def names_change_places(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("municipalities.csv"), "name")
    return sources.cells("municipalities.csv", name=lambda row: others[row["name"]])


@operator
def place_is_called_otherwise(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("municipalities.csv"), "place_name")
    return sources.cells("municipalities.csv", place_name=lambda row: others[row["place_name"]])


@operator
def leika_key_is_not_that_of_the_address(sources: Sources) -> Iterator[Mutant]:
    yield from sources.statements("ozg:leikaKey", lambda triple: literal(triple, other_number(text_of(triple))))
    yield from sources.statements(
        "skos:exactMatch", lambda triple: [ox.NamedNode(text_of(triple)[:-1] + "7")], of="leika"
    )


# Parties


@operator
def member_of_the_list_is_another(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("modellkommunen.csv"), "ags")
    return sources.cells("modellkommunen.csv", ags=lambda row: others.get(row["ags"], ""))


@operator
def member_of_the_press_is_another(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("modellkommunen-press-2020.csv"), "ags")
    return sources.cells("modellkommunen-press-2020.csv", ags=lambda row: others.get(row["ags"], ""))


@operator
def member_has_a_second_body(sources: Sources) -> Iterator[Mutant]:
    return sources.with_rows(
        "modellkommunen.csv",
        lambda rows, number: [
            *rows[:number],
            {**rows[number], "ags": "06631009", "district": "06631"},
            *rows[number + 1 :],
        ],
        "two members in",
    )


@operator
def party_of_an_award_is_another(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("awards.csv", ags=lambda _row: "06434001")


@operator
def party_of_an_allocation_is_another(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("starke-heimat-2020.csv"), "key")
    return sources.cells("starke-heimat-2020.csv", key=lambda row: others[row["key"]])


@operator
def party_in_turtle_is_another(sources: Sources) -> Iterator[Mutant]:
    return sources.statements(
        "ozg:member", lambda triple: [ox.NamedNode(re.sub("municipality/.*", "municipality/06434001", text_of(triple)))]
    )


@operator
def programme_is_another(sources: Sources) -> Iterator[Mutant]:
    others = {"ikz": "ozg-modellkommunen", "ikz-ozg": "ozg-modellkommunen", "ozg-modellkommunen": "ikz-ozg"}
    return sources.cells("awards.csv", programme=lambda row: others.get(row["programme"], "ikz"))


@operator
def position_stands_twice(sources: Sources) -> Iterator[Mutant]:
    for table in ("bundles.csv", "modellkommunen.csv"):
        others = following(sources.rows(table), "position")
        yield from sources.cells(table, position=lambda row, others=others: others[row["position"]])


# Sources and licences


@operator
def source_is_missing(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("dct:source", lambda _triple: [], of="/")


@operator
def source_is_another(sources: Sources) -> Iterator[Mutant]:
    def change(triple: ox.Triple) -> Terms | None:
        return [ox.NamedNode(re.sub("/source/.*", "/source/hessen-de-ikz", text_of(triple)))]

    for kind in ("figure/", "participation/", "statement/", "service/"):
        yield from sources.statements("dct:source", change, of=kind)


@operator
def source_of_an_award_is_another(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("awards.csv", source=lambda _row: "hsgb-de-faq-2020-07-27")


@operator
def second_source_is_added(sources: Sources) -> Iterator[Mutant]:
    def change(triple: ox.Triple) -> Terms | None:
        term = triple.object
        second = ox.NamedNode(re.sub("/source/.*", "/source/abgleich", text_of(triple)))
        return [term, second] if isinstance(term, ox.NamedNode) else None

    return sources.statements("dct:source", change, of="figure/")


@operator
def licence_is_not_that_of_the_source(sources: Sources) -> Iterator[Mutant]:
    def change(triple: ox.Triple) -> Terms | None:
        free, named = "dl-zero-de/2.0", "dl-by-de/2.0"
        text = text_of(triple)
        return [ox.NamedNode(text.replace(named, free) if named in text else text.replace(free, named))]

    yield from sources.statements("dct:license", change)


@operator
def attribution_is_lost(sources: Sources) -> Iterator[Mutant]:
    for name, triples in sources.graphs.items():
        for number, triple in enumerate(triples):
            if triple.predicate.value.endswith("licenseAttributionByText"):
                yield sources.rewritten(name, [*triples[:number], *triples[number + 1 :]], f"{triple.subject}")


@operator
def link_is_broken(sources: Sources) -> Iterator[Mutant]:
    yield from sources.statements(
        "foaf:page",
        lambda triple: [ox.NamedNode(text_of(triple).replace("https://", "htps://").replace("http://", "htp://"))],
    )
    for name in ("ozg:subject", "ozg:claim", "ozg:programme"):
        yield from sources.statements(name, lambda triple: [ox.NamedNode(text_of(triple) + "x")])


# Terms


@operator
def predicate_is_mistyped(sources: Sources) -> Iterator[Mutant]:
    for name, triples in sources.graphs.items():
        if name == "datasets.ttl":
            continue
        for number, triple in enumerate(triples):
            if triple.predicate.value != RDF_TYPE:
                wrong = ox.Triple(triple.subject, ox.NamedNode(triple.predicate.value[:-1]), triple.object)
                told = f"{name}: {triple.subject} {wrong.predicate}"
                yield sources.rewritten(name, [*triples[:number], wrong, *triples[number + 1 :]], told)


@operator
def predicate_has_the_wrong_case(sources: Sources) -> Iterator[Mutant]:
    for name, triples in sources.graphs.items():
        for number, triple in enumerate(triples):
            before, mark, local = re.split("([/#])(?=[^/#]*$)", triple.predicate.value)
            if triple.predicate.value != RDF_TYPE:
                wrong = ox.Triple(triple.subject, ox.NamedNode(before + mark + local.capitalize()), triple.object)
                told = f"{name}: {triple.subject} {wrong.predicate}"
                yield sources.rewritten(name, [*triples[:number], wrong, *triples[number + 1 :]], told)


@operator
def class_is_mistyped(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("rdf:type", lambda triple: [ox.NamedNode(text_of(triple) + "s")])


@operator
def class_is_another(sources: Sources) -> Iterator[Mutant]:
    others = {
        OZG + "Figure": OZG + "Statement",
        OZG + "Participation": OZG + "Figure",
        OZG + "EfaOffer": OZG + "Module",
    }
    return sources.statements("rdf:type", lambda triple: [ox.NamedNode(others.get(text_of(triple), text_of(triple)))])


@operator
def datatype_is_another(sources: Sources) -> Iterator[Mutant]:
    yield from sources.statements("ozg:value", lambda triple: [ox.Literal(text_of(triple))])
    yield from sources.statements(
        "ozg:readOn", lambda triple: [ox.Literal(text_of(triple)[:7], datatype=ox.NamedNode(XSD + "gYearMonth"))]
    )


@operator
def language_is_lost(sources: Sources) -> Iterator[Mutant]:
    yield from sources.statements("ozg:wording", lambda triple: [ox.Literal(text_of(triple))])
    yield from sources.statements("skos:prefLabel", lambda triple: [ox.Literal(text_of(triple))])


@operator
def wording_is_called_english(sources: Sources) -> Iterator[Mutant]:
    return sources.statements("ozg:wording", lambda triple: [ox.Literal(text_of(triple), language="en")])


@operator
def marked_as_efa_wrongly(sources: Sources) -> Iterator[Mutant]:
    return sources.cells("bundles.csv", efa=lambda row: "false" if row["efa"] == "true" else "true")


# Catalogue of services


@operator
def field_of_a_service_is_another(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("ozg-fields.csv"), "key")
    return sources.cells("ozg-services.csv", field=lambda row: others[row["field"]])


@operator
def situation_of_a_service_is_another(sources: Sources) -> Iterator[Mutant]:
    others = {row["key"]: row["field"] for row in sources.rows("ozg-situations.csv")}

    def elsewhere(row: Row) -> str:
        return next(key for key, field in others.items() if field != row["field"])

    return sources.cells("ozg-services.csv", situation=elsewhere)


@operator
def assignment_is_supported_and_a_candidate(sources: Sources) -> Iterator[Mutant]:
    return sources.cells(
        "bundle-concepts.csv", support=lambda row: "candidate" if row["concept"] else "label-identical"
    )


@operator
def assignment_is_about_another_entry(sources: Sources) -> Iterator[Mutant]:
    others = following(sources.rows("bundle-concepts.csv"), "candidate")
    return sources.cells("bundle-concepts.csv", candidate=lambda row: others.get(row["candidate"], ""))


# Contradictions


@operator
def claim_is_about_something_else(sources: Sources) -> Iterator[Mutant]:
    base = "https://w3id.org/ozg-lod/hessen/id/"
    return sources.statements("ozg:claim", lambda _triple: [ox.NamedNode(base + "figure/starke-heimat-2020")])


@operator
def contradiction_is_about_something_else(sources: Sources) -> Iterator[Mutant]:
    base = "https://w3id.org/ozg-lod/hessen/id/"
    return sources.statements("ozg:subject", lambda _triple: [ox.NamedNode(base + "programme/ikz")], of="discrepancy/")


# Rows


DOUBLED = (
    "bundles.csv",
    "municipalities.csv",
    "awards.csv",
    "modellkommunen.csv",
    "figures-territory.csv",
    "ozg-services.csv",
)
DROPPED = (*DOUBLED, "districts.csv", "containment.csv", "geometry.csv", "starke-heimat-2020.csv", "ozg-situations.csv")


@operator
def row_stands_twice(sources: Sources) -> Iterator[Mutant]:
    for table in DOUBLED:
        yield from sources.with_rows(table, lambda rows, number: [*rows, rows[number]], f"{table} doubled")


@operator
def row_is_lost(sources: Sources) -> Iterator[Mutant]:
    for table in DROPPED:
        yield from sources.with_rows(
            table, lambda rows, number: [*rows[:number], *rows[number + 1 :]], f"{table} dropped"
        )


@operator
def columns_change_places(sources: Sources) -> Iterator[Mutant]:
    for table, one, two in (
        ("municipalities.csv", "ags", "ars"),
        ("municipalities.csv", "name", "name_official"),
        ("modellkommunen.csv", "wording", "label"),
        ("ozg-services.csv", "situation", "field"),
        ("bundles.csv", "wording", "since"),
        ("containment.csv", "part", "whole"),
    ):
        yield from swapped(sources, table, one, two)


@operator
def thing_is_lost(sources: Sources) -> Iterator[Mutant]:
    for name in ("sources.ttl", "deck.ttl", "egov-facts.ttl"):
        triples = sources.graphs[name]
        for subject in dict.fromkeys(triple.subject for triple in triples):
            rest = [triple for triple in triples if triple.subject != subject]
            yield sources.rewritten(name, rest, f"{name} without {subject}")
