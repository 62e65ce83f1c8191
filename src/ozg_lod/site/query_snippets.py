"""How to use a query elsewhere, and how to cite it: the same query as a command, in Python, in R, as a reference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ozg_lod.rdf import formats

_TEX: Final = re.compile(r"([#$%&_{}])")


@dataclass(frozen=True, slots=True)
class QuerySnippet:
    """A text to copy; `key` names it."""

    key: str
    text: str


def programs(query: str, endpoint: str, table: str) -> list[QuerySnippet]:
    """Return how programs ask the same; `table` is the address of the answer as CSV."""
    return [
        QuerySnippet("curl", _shell(query, endpoint)),
        QuerySnippet("python", _python(query, endpoint)),
        QuerySnippet("r", _r(query, endpoint)),
        QuerySnippet("spreadsheet", table),
    ]


def citations(title: str, publishers: Sequence[str], version: str, link: str) -> list[QuerySnippet]:
    """Return references to a query on a version of the data; there is no clock in them."""
    return [
        QuerySnippet("bibtex", _bibtex(title, publishers, version, link)),
        QuerySnippet("cff", _cff(title, publishers, version, link)),
    ]


def _shell(query: str, endpoint: str) -> str:
    end = "SPARQL"
    while end in query.splitlines():
        end += "_"
    accept = f"Accept: {formats.CSV.media_type}"
    return f"curl --header '{accept}' --data-urlencode query@- {endpoint} <<'{end}'\n{query.rstrip()}\n{end}"


def _python(query: str, endpoint: str) -> str:
    plain = '"""' not in query and "\\" not in query and not query.rstrip().endswith('"')
    literal = f'"""\n{query.strip()}\n"""' if plain else repr(query)
    return (
        "from urllib.parse import urlencode\n\nimport pandas as pd\n\n"
        f"query = {literal}\n"
        f'table = pd.read_csv("{endpoint}?" + urlencode({{"query": query, "format": "csv"}}), dtype=str)'
    )


def _r(query: str, endpoint: str) -> str:
    dashes = "-"
    while f'){dashes}"' in query:
        dashes += "-"
    return (
        f'query <- r"{dashes}(\n{query.strip()}\n){dashes}"\n'
        f'address <- paste0("{endpoint}?format=csv&query=", URLencode(query, reserved = TRUE))\n'
        'table <- read.csv(address, colClasses = "character", encoding = "UTF-8")'
    )


def _bibtex(title: str, publishers: Sequence[str], version: str, link: str) -> str:
    lines = [f"  title = {{{{{_tex(title)}}}}},"]
    if publishers:
        names = " and ".join(f"{{{_tex(name)}}}" for name in publishers)
        lines.append(f"  author = {{{names}}},")
    lines += [f"  version = {{{version}}},", f"  url = {{{link}}},"]
    return f"@dataset{{ozg-lod-{version[:12]},\n" + "\n".join(lines) + "\n}"


def _tex(text: str) -> str:
    return _TEX.sub(r"\\\1", text)


def _cff(title: str, publishers: Sequence[str], version: str, link: str) -> str:
    names = publishers or [title]
    authors = "\n".join(f"  - name: {_yaml(name)}" for name in names)
    return (
        'cff-version: 1.2.0\nmessage: "If you use these data, please cite them."\ntype: dataset\n'
        f"title: {_yaml(title)}\nauthors:\n{authors}\nversion: {version}\nurl: {_yaml(link)}"
    )


def _yaml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
