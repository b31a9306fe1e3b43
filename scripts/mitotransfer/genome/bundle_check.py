"""Whether a bundle is whole: its facts, its sequence, the checksums and contents of its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mitotransfer.genome import bundle, reference
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.genes import STOP
from mitotransfer.problems import Problem

#: Tables of a bundle. A table without rows says that nothing is known.
TABLES = (
    "artefacts.tsv",
    "codons.tsv",
    "genes.tsv",
    "hotspots.tsv",
    "indel_hotspots.tsv",
    "numts.tsv",
    "rna_sites.tsv",
)
#: Keys of ``bundle.yaml`` with the kind of their value.
KEYS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "species": str,
    "scientific_name": str,
    "assembly": str,
    "accession": str,
    "length": int,
    "m5": str,
    "placeholder": (int, type(None)),
    "contig": str,
    "contig_names": list,
    "contig_lengths": list,
    "genetic_code": int,
    "files": dict,
}


def check(folder: Path) -> list[Problem]:
    """All that is wrong with a bundle."""
    path = folder / "bundle.yaml"
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = "no such file: give the name of a bundle or a folder with a bundle.yaml"
        return [Problem(str(path), message)]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [Problem(str(path), f"cannot be read: {' '.join(str(error).split())}")]
    found = [Problem(str(path), message, column=key) for key, message in _facts(given)]
    if found:
        return found
    found = list(_files(folder, given))
    return found or [Problem(str(folder / name), said) for name, said in _contents(folder, given)]


def _facts(given: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(given, dict):
        yield "", "expected keys and values"
        return
    for key, kind in KEYS.items():
        if key not in given:
            yield key, "is missing"
        elif not isinstance(given[key], kind):
            yield key, f"found {given[key]!r}, expected another kind of value"


def sha256(path: Path) -> str:
    """Checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folder: Path, given: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("genome.fasta", *TABLES):
        path = folder / name
        if not path.is_file():
            yield Problem(str(path), "no such file, but a bundle has it (it may have no rows)")
        elif given["files"].get(name) != sha256(path):
            message = (
                "is not the file whose checksum bundle.yaml has: restore it, or, if the change is "
                "meant, run scripts/make_bundle.py --update on the folder"
            )
            yield Problem(str(path), message)


def _contents(folder: Path, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    try:
        genome = bundle.load(folder)
    except ValueError as error:
        yield "genome.fasta", str(error)
        return
    found = genome.reference
    if found.length != given["length"]:
        yield "genome.fasta", f"found {found.length} bases, expected {given['length']}"
    if (m5 := reference.checksum(found.sequence)) != given["m5"]:
        yield "genome.fasta", f"found a sequence with checksum {m5}, expected {given['m5']}"
    others = [k + 1 for k, base in enumerate(found.sequence) if base not in reference.BASES]
    if others != ([given["placeholder"]] if given["placeholder"] else []):
        yield (
            "genome.fasta",
            f"bases other than A, C, G, T at {others[:5]}: only placeholder may be",
        )
    yield from _tables(genome)


def _tables(genome: Genome) -> Iterator[tuple[str, str]]:
    length = genome.reference.length
    parts = {
        "artefacts.tsv": "artefact",
        "hotspots.tsv": "hot_spots",
        "indel_hotspots.tsv": "indel_hot_spots",
        "numts.tsv": "nuclear_alleles",
        "rna_sites.tsv": "rna_sites",
        "codons.tsv": "code",
        "genes.tsv": "genes",
    }
    broken = False
    for name, part in parts.items():
        try:
            getattr(genome, part)
        except (ValueError, KeyError, IndexError) as error:
            broken = True
            yield name, f"cannot be read: {error}"
    if broken:
        return
    for gene in genome.genes:
        if not (1 <= gene.start <= length and 1 <= gene.end <= length):
            yield (
                "genes.tsv",
                f"{gene.name}: {gene.start} to {gene.end} is not within 1 to {length}",
            )
        elif gene.kind == "protein":
            protein = genome.proteins[gene.name]
            size = (gene.end - gene.start + 1 + 2) // 3
            if protein[0] != "Met" or protein[-1] != STOP or len(protein) < size:
                message = "does not translate from a start to a stop at its end"
                yield "genes.tsv", f"{gene.name} {message} (reference.genetic_code, strand?)"
