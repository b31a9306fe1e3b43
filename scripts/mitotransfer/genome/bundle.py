"""The genome of a run: its sequence, and the tables of facts in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.genome import facts, hot_spots, numts, reference, tracts
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.genes import Gene, GeneticCode, coding_sequence, load_code, load_genes
from mitotransfer.genome.reference import Reference


@dataclass(frozen=True, eq=False)
class Genome:
    """A mitogenome and facts about its positions.

    A table is read at its first use. Masks and arrays have shape (length,), or (length, 4) for
    alleles; they are shared: copy before changing one.

    Attributes:
        reference: its sequence.
        folder: holds the tables.
    """

    reference: Reference
    folder: Path

    @cached_property
    def circle(self) -> Circle:
        """Positions without the placeholder."""
        return Circle.of(self.reference)

    # ---------------------------------------------------------------- sites

    @cached_property
    def _tracts(self) -> list[tracts.Tract]:
        return tracts.load_artefacts(self.folder / "artefacts.tsv")

    @cached_property
    def artefact(self) -> Mask:
        """Positions in tracts known for artefacts of alignment."""
        return tracts.mask_of(self._tracts, self.reference.length)

    @cached_property
    def no_snv(self) -> Mask:
        """Positions in those tracts in which no SNV passes."""
        return tracts.mask_of((t for t in self._tracts if t.no_snv), self.reference.length)

    @cached_property
    def run_lengths(self) -> Ints:
        """Length of the homopolymer that each position belongs to."""
        return tracts.run_lengths(self.reference)

    @cached_property
    def near_homopolymer(self) -> Mask:
        """Positions in or next to a homopolymer."""
        return tracts.near_homopolymer(self.run_lengths)

    @property
    def split_tract(self) -> tuple[int, ...]:
        """Two runs of one base around another base, 0-based; empty where there is none."""
        return self.reference.facts.split_tract

    @cached_property
    def hot_spots(self) -> Floats:
        """Probability that a lineage mutates at a position; 0 where it is no hot spot."""
        return hot_spots.load_hot_spots(self.folder / "hotspots.tsv", self.reference.length)

    @cached_property
    def indel_hot_spots(self) -> Mask:
        """Homopolymers, with their anchors, in which tumours have indels."""
        path = self.folder / "indel_hotspots.tsv"
        return hot_spots.load_indel_hot_spots(path, self.reference.length)

    @cached_property
    def rna_sites(self) -> Ints:
        """Positions (0-based) whose base is modified in RNA."""
        rows = facts.read_facts(self.folder / "rna_sites.tsv", ["pos"])
        return np.array([int(row["pos"]) - 1 for row in rows], np.int64)

    @cached_property
    def nuclear_copies(self) -> tuple[numts.NuclearCopy, ...]:
        """Published nuclear copies of mtDNA."""
        return numts.load_nuclear_copies(self.folder / "numts.tsv")

    @cached_property
    def nuclear_alleles(self) -> Mask:
        """Alleles of any of the nuclear copies, (length, 4)."""
        found = np.zeros((self.reference.length, 4), bool)
        for copy in self.nuclear_copies:
            found[copy.pos, copy.allele] = True
        return found

    # ---------------------------------------------------------------- genes

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        """Genes and regions, in the order of the table."""
        return load_genes(self.folder / "genes.tsv")

    @cached_property
    def control_region(self) -> Mask:
        """Positions of the control region."""
        positions = range(1, self.reference.length + 1)
        regions = [gene for gene in self.genes if gene.kind == "control"]
        return np.array([any(region.holds(pos) for region in regions) for pos in positions])

    @cached_property
    def code(self) -> GeneticCode:
        """The genetic code."""
        return load_code(self.folder / "codons.tsv")

    @cached_property
    def proteins(self) -> dict[str, list[str]]:
        """Amino acids by name of the gene."""
        return {
            gene.name: self.code.translate(coding_sequence(self.reference, gene))
            for gene in self.genes
            if gene.kind == "protein"
        }


def load(folder: str | Path) -> Genome:
    """The genome of a bundle: its folder, or a file in it."""
    folder = Path(folder)
    folder = folder if folder.is_dir() else folder.parent
    return Genome(reference.load(folder), folder)
