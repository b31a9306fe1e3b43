"""Whose mitogenome a file of reads holds, by the contigs of its header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mitotransfer.genome.reference import CONTIG_LENGTHS, CONTIG_NAMES, resource
from mitotransfer.problems import BadFile

_HUMAN = ("homo sapiens", "human")


@cache
def _species_by_length() -> dict[int, str]:
    lines = resource("species_contigs.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {int(row[0]): row[1] for row in rows if row[0].isdecimal()}


def mitochondrial_contigs(contigs: Sequence[tuple[str, int]]) -> list[str]:
    """Names of the mitochondrial contigs: by name, else the only one of a usual length."""
    named = [name for name, _ in contigs if name.lower() in CONTIG_NAMES]
    sized = [name for name, length in contigs if length in CONTIG_LENGTHS]
    return named or (sized if len(sized) == 1 else [])


def species_of(line: Mapping[str, Any]) -> str:
    """The species other than human that a header line of a contig (@SQ) is of; empty for none."""
    stated = str(line.get("SP", "")).strip()
    if stated and not any(word in stated.lower().replace("_", " ") for word in _HUMAN):
        return stated
    return _species_by_length().get(int(line["LN"]), "")


def human_contigs(path: Path, lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the mitochondrial contigs of human.

    A xenograft's file may have a second one, of the host, which is left out.

    Args:
        lines: of the header (@SQ).

    Raises:
        BadFile: if all are of another species; the message names it.
    """
    names = mitochondrial_contigs([(line["SN"], int(line["LN"])) for line in lines])
    species = {line["SN"]: species_of(line) for line in lines if line["SN"] in names}
    human = [name for name in names if not species[name]]
    if names and not human:
        (name, *_) = names
        (length,) = {int(line["LN"]) for line in lines if line["SN"] == name}
        raise BadFile(
            f"{path}: contig {name} of {length:,} bases is the mitogenome of {species[name]}, not "
            "of human; give reads of human cells"
        )
    return human
