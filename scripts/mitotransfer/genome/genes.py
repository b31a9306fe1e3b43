"""Genes of the mitogenome, the genetic code, and the proteins that they make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitotransfer.arrays import Int
from mitotransfer.genome.facts import read_facts
from mitotransfer.genome.hgvs import Change
from mitotransfer.genome.reference import Reference, reverse_complement

STOP = "Ter"


@dataclass(frozen=True)
class Gene:
    """A gene or region, 1-based and inclusive; ``start > end`` where it crosses the origin.

    ``kind`` is ``protein``, ``tRNA``, ``rRNA`` or ``control``.
    """

    name: str
    start: int
    end: int
    strand: str
    kind: str

    def holds(self, pos: Int) -> Any:
        """Whether it has a position, or each position of an array."""
        if self.start <= self.end:
            return (self.start <= pos) & (pos <= self.end)
        return (pos >= self.start) | (pos <= self.end)


@dataclass(frozen=True)
class GeneticCode:
    """Three-letter amino acids by codon, and the codons that start a protein."""

    amino_acids: dict[str, str]
    starts: frozenset[str]

    def translate(self, coding: str) -> list[str]:
        """Amino acids up to and with the first stop; any start codon gives Met."""
        protein: list[str] = []
        for index in range(0, len(coding) - 2, 3):
            codon = coding[index : index + 3]
            is_start = index == 0 and codon in self.starts
            protein.append("Met" if is_start else self.amino_acids.get(codon, "Xaa"))
            if protein[-1] == STOP:
                break
        return protein


def load_genes(path: Path) -> tuple[Gene, ...]:
    """Genes of a table with the columns ``name start end strand kind``."""
    return tuple(
        Gene(row["name"], int(row["start"]), int(row["end"]), row["strand"], row["kind"])
        for row in read_facts(path, ["name", "start", "end", "strand", "kind"])
    )


def load_code(path: Path) -> GeneticCode:
    """The genetic code of a table with the columns ``codon amino_acid start``."""
    rows = read_facts(path, ["codon", "amino_acid", "start"])
    return GeneticCode(
        {row["codon"]: row["amino_acid"] for row in rows},
        frozenset(row["codon"] for row in rows if row["start"] == "yes"),
    )


def coding_sequence(reference: Reference, gene: Gene, change: Change | None = None) -> str:
    """Coding strand of a protein gene, with a change made to it, stop completed with A."""
    sequence = reference.sequence[gene.start - 1 : gene.end]
    if change is not None:
        first = max(change.pos - gene.start, 0)
        last = max(change.pos + change.deleted - gene.start, first)
        sequence = sequence[:first] + change.inserted + sequence[last:]
    if gene.strand == "-":
        sequence = reverse_complement(sequence)
    return sequence + "A" * (-len(sequence) % 3)
