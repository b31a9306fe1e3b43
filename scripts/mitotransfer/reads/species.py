"""Whose mitogenome a file of reads holds, by the contigs of its header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mitotransfer.genome.reference import Facts, resource
from mitotransfer.problems import BadFile


@cache
def _known() -> tuple[dict[int, str], dict[str, str]]:
    """Species by the length and by the checksum (M5) of a contig."""
    lines = resource("species_contigs.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")][1:]
    by_checksum = {row[3]: row[1] for row in rows if row[3]}
    return {int(row[0]): row[1] for row in rows}, by_checksum


def mitochondrial_contigs(contigs: Sequence[tuple[str, int]], facts: Facts) -> list[str]:
    """Names of the mitochondrial contigs: by name, else the only one of a usual length."""
    named = [name for name, _ in contigs if name.lower() in facts.contig_names]
    sized = [name for name, length in contigs if length in facts.contig_lengths]
    return named or (sized if len(sized) == 1 else [])


def species_of(line: Mapping[str, Any], facts: Facts) -> str:
    """The species that a header line of a contig (@SQ) is of, if not that of the bundle."""
    lengths, checksums = _known()
    if found := checksums.get(str(line.get("M5", "")).lower()):
        return found if found != facts.species else ""
    stated = str(line.get("SP", "")).strip()
    own = (facts.species.lower(), facts.scientific_name.lower())
    if stated and not any(word in stated.lower().replace("_", " ") for word in own if word):
        return stated
    found = lengths.get(int(line["LN"]), "")
    return found if found != facts.species else ""


def own_contigs(path: Path, lines: Sequence[Mapping[str, Any]], facts: Facts) -> list[str]:
    """Names of the mitochondrial contigs of the bundle's species.

    A xenograft's file may have a second one, of the other species, which is left out.

    Args:
        lines: of the header (@SQ).

    Raises:
        BadFile: if all are of another species; the message names it.
    """
    names = mitochondrial_contigs([(line["SN"], int(line["LN"])) for line in lines], facts)
    species = {line["SN"]: species_of(line, facts) for line in lines if line["SN"] in names}
    own = [name for name in names if not species[name]]
    if names and not own:
        (name, *_) = names
        (length,) = {int(line["LN"]) for line in lines if line["SN"] == name}
        raise BadFile(
            f"{path}: contig {name} of {length:,} bases is the mitogenome of {species[name]}, not "
            f"of {facts.species}; {cure(species[name], facts.species)}"
        )
    return own


def both_contigs(
    path: Path, lines: Sequence[Mapping[str, Any]], facts: Facts, host: Facts
) -> list[str]:
    """Names of the mitochondrial contigs of two species; none of a file without any.

    Raises:
        BadFile: if the file has those of one species alone: reads of the other are then missing.
    """
    own, other = (
        [
            str(line["SN"])
            for line in lines
            if (str(line["SN"]).lower() in one.contig_names or line["LN"] in one.contig_lengths)
            and not species_of(line, one)
        ]
        for one in (facts, host)
    )
    if bool(own) != bool(other):
        found, missing = (facts, host) if own else (host, facts)
        raise BadFile(
            f"{path}: aligned to the mitogenome of {found.species}, without that of "
            f"{missing.species}, whose reads would be missing; give FASTQ, an unaligned file, or "
            "one aligned to both genomes"
        )
    return sorted({*own, *other})


def cure(found: str, expected: str) -> str:
    """What to do about reads of another species."""
    other = BUNDLES.get(found, "")
    instead = f", or set reference.bundle to {other}" if other else ""
    return f"give reads of {expected} cells{instead}"


#: Bundles that come with the workflow, by species.
BUNDLES = {"human": "human_rCRS", "mouse": "mouse_C57BL6J"}
