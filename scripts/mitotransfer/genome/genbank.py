"""A GenBank record of a mitogenome: its sequence, its genes and its genetic code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mitotransfer.genome.genes import Gene

_KINDS = {"CDS": "protein", "tRNA": "tRNA", "rRNA": "rRNA", "D-loop": "control"}
#: Names of genes in the order in which they are looked for.
_NAMES = ("gene", "product", "note")


@dataclass(frozen=True)
class Record:
    """What a bundle needs of a GenBank record.

    Attributes:
        amino_acids: of tRNAs, by name of the gene.
        genetic_code: NCBI's number of the table.
    """

    accession: str
    organism: str
    sequence: str
    genes: tuple[Gene, ...]
    amino_acids: dict[str, str]
    genetic_code: int


@dataclass(frozen=True)
class _Feature:
    kind: str
    place: str
    qualifiers: dict[str, str]


def parse(text: str) -> Record:
    """The record of a GenBank file.

    Raises:
        ValueError: if the file is none, is not circular, or has a gene at a place of another form.
    """
    head, _, rest = text.partition("\nFEATURES")
    table, _, origin = rest.partition("\nORIGIN")
    if not head.startswith("LOCUS") or not origin:
        raise ValueError("is no GenBank record with features and a sequence")
    if "circular" not in head.splitlines()[0]:
        raise ValueError("its molecule is not circular")
    sequence = re.sub(r"[^a-z]", "", origin.partition("//")[0]).upper()
    features = _features(table)
    codes = {f.qualifiers["transl_table"] for f in features if "transl_table" in f.qualifiers}
    if len(codes) > 1:
        raise ValueError(f"its genes have several genetic codes: {', '.join(sorted(codes))}")
    genes, amino_acids = [], {}
    for feature in features:
        if feature.kind in _KINDS:
            name = _name(feature)
            start, end, strand = _place(feature.place, len(sequence), name)
            genes.append(Gene(name, start, end, strand, _KINDS[feature.kind]))
            if found := re.search(r"tRNA-([A-Z][a-z]{2})", feature.qualifiers.get("product", "")):
                amino_acids[name] = found[1]
    return Record(
        _field(head, "VERSION").split()[0],
        _field(head, "  ORGANISM"),
        sequence,
        tuple(sorted(genes, key=lambda gene: (gene.start, gene.end))),
        amino_acids,
        int(codes.pop()) if codes else 1,
    )


def _field(head: str, key: str) -> str:
    found = re.search(rf"^{key} +(.+)$", head, re.MULTILINE)
    if not found:
        raise ValueError(f"its header has no {key.strip()}")
    return found[1].strip()


def _features(table: str) -> list[_Feature]:
    found = []
    for block in re.split(r"\n {5}(?=\S)", table)[1:]:
        kind, _, rest = block.partition(" ")
        place, *given = re.split(r"\n {21}/", rest)
        qualifiers: dict[str, str] = {}
        for one in given:
            key, _, value = one.partition("=")
            qualifiers.setdefault(key.strip(), " ".join(value.split()).strip('"'))
        found.append(_Feature(kind, "".join(place.split()), qualifiers))
    return _with_symbols(found)


def _with_symbols(features: list[_Feature]) -> list[_Feature]:
    """Features with the official symbols, which stand at the gene of the same place."""
    symbols = {}
    for feature in features:
        official = re.search(r"Official Symbol: (\S+)", feature.qualifiers.get("nomenclature", ""))
        if feature.kind == "gene" and official:
            symbols[feature.place] = official[1]
    return [
        _Feature(f.kind, f.place, f.qualifiers | {"gene": symbols[f.place]})
        if f.place in symbols
        else f
        for f in features
    ]


def _name(feature: _Feature) -> str:
    if feature.kind == "D-loop":
        return "CR"
    names = (feature.qualifiers.get(key, "") for key in _NAMES)
    return re.sub(r"[^A-Za-z0-9_.-]", "_", next(filter(None, names), "unnamed"))


def _place(text: str, length: int, name: str) -> tuple[int, int, str]:
    """Start, end and strand; the start is above the end where a gene crosses the origin."""
    inner = re.sub(r"complement|join|order|[()<>]", "", text)
    spans = [tuple(map(int, part.split(".."))) for part in inner.split(",") if ".." in part]
    strand = "-" if "complement" in text else "+"
    if len(spans) == 1:
        return spans[0][0], spans[0][1], strand
    if len(spans) == 2:
        (a, b), (c, d) = spans
        if b == length and c == 1:
            return a, d, strand
        if d == length and a == 1:
            return c, b, strand
    raise ValueError(f"place {text} of {name} is neither one stretch nor one across the origin")
