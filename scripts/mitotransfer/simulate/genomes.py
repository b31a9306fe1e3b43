"""Alleles of simulated people: haplotypes, somatic and inherited variants, nuclear copies.

All variants are in coordinates of the reference, 1-based, left-normalised as in VCF.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from mitotransfer.genome.reference import BASES, DEFAULT_BUNDLE, Reference

# Tracts of rCRS where every aligner leaves artefacts, first and last position.
TRACTS = ((302, 316), (513, 525), (3105, 3109), (16182, 16194))

# Where nearly all people differ from rCRS, which is of haplogroup H2a2a1 with a
# handful of rare alleles (Andrews et al., Nat Genet 1999; van Oven and Kayser,
# Hum Mutat 2009). All are transitions.
RARE_IN_RCRS = (263, 750, 1438, 4769, 8860, 15326)
NOT_IN_H = (73, 2706, 7028, 11719, 14766)

# In genomes of other species, runs of one base of this length are such tracts.
RUN = 7

TRANSITION = {"A": "G", "G": "A", "C": "T", "T": "C"}

CLADES = 12  # blocks of shared differences, haplogroup-like
SUBCLADES = 4  # per clade
#: The clade of animals of the strain that the reference is of.
OF_REFERENCE = "reference"
H_LIKE = frozenset({0, 1, 2, 3})  # clades that lack NOT_IN_H, about a third of the people
CLADE_SIZES = (7, 13)  # half-open
SUBCLADE_SIZES = (3, 7)
PRIVATE_SIZES = (8, 13)
TRANSITION_SHARE = 0.95


class Variant(NamedTuple):
    """An allele and its share in a pool of molecules. ``kind`` says where it comes from."""

    pos: int
    ref: str
    alt: str
    vaf: float
    kind: str = "somatic"

    @property
    def allele(self) -> tuple[int, str, str]:
        return self.pos, self.ref, self.alt


class Numt(NamedTuple):
    """A nuclear copy of an mtDNA segment: start (0-based), length, fixed differences."""

    start: int
    length: int
    variants: Sequence[Variant]


def stream(seed: int, *labels: object) -> np.random.Generator:
    """A random generator for one purpose; a further sample does not change the others."""
    return np.random.default_rng([seed, *(zlib.crc32(str(label).encode()) for label in labels)])


def reserved(positions: Iterable[int], distance: int, length: int) -> set[int]:
    """Positions within ``distance`` of any of ``positions`` on a circle of this length."""
    return {
        (pos - 1 + shift) % length + 1
        for pos in positions
        for shift in range(-distance, distance + 1)
    }


def is_rcrs(reference: Reference) -> bool:
    """Whether facts about people hold for a reference."""
    return reference.facts.name == DEFAULT_BUNDLE


def tract_positions(reference: Reference) -> set[int]:
    """Positions in the artefact tracts."""
    if is_rcrs(reference):
        return {pos for first, last in TRACTS for pos in range(first, last + 1)}
    runs = re.finditer(rf"(.)\1{{{RUN - 1},}}", reference.sequence)
    return {pos for run in runs for pos in range(run.start() + 1, run.end() + 1)}


def draw_positions(
    rng: np.random.Generator, n: int, taken: Collection[int], reference: Reference
) -> list[int]:
    """``n`` distinct positions, none of them in ``taken`` or at the placeholder.

    Taken positions are skipped, so that a further one changes nothing else.

    Raises:
        ValueError: if fewer than ``n`` positions are free.
    """
    chosen: list[int] = []
    for pos in rng.permutation(reference.length).tolist() if n else ():
        if pos + 1 not in taken and pos != reference.placeholder:
            chosen.append(pos + 1)
            if len(chosen) == n:
                return sorted(chosen)
    if n:
        raise ValueError(f"{n} positions wanted, {len(chosen)} free")
    return chosen


def draw_snv(
    rng: np.random.Generator, reference: Reference, pos: int, vaf: float, kind: str
) -> Variant:
    """A substitution at ``pos``, mostly a transition as in human mtDNA."""
    ref = reference.sequence[pos - 1]
    alt = TRANSITION[ref]
    if rng.random() >= TRANSITION_SHARE:
        alt = str(rng.choice([base for base in BASES if base not in (ref, alt)]))
    return Variant(pos, ref, alt, vaf, kind)


def left_normalise(reference: Reference, pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """A left-normalised indel with one anchor base (as by bcftools norm)."""
    while True:
        if ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        elif not ref or not alt:
            pos -= 1
            if pos < 1:
                raise ValueError("an indel cannot be shifted beyond position 1")
            base = reference.sequence[pos - 1]
            ref, alt = base + ref, base + alt
        else:
            break
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return pos, ref, alt


def make_deletion(reference: Reference, pos: int, vaf: float, kind: str) -> Variant:
    """A deletion of the base at ``pos``."""
    return Variant(
        *left_normalise(reference, pos, reference.sequence[pos - 1], ""), vaf=vaf, kind=kind
    )


def make_insertion(reference: Reference, pos: int, base: str, vaf: float, kind: str) -> Variant:
    """An insertion of ``base`` before ``pos``."""
    return Variant(*left_normalise(reference, pos, "", base), vaf=vaf, kind=kind)


class Haplotypes:
    """A small phylogeny from which people are drawn.

    People of one clade share 7 to 12 differences from rCRS, of one subclade 3 to 6
    more, and every person has 8 to 12 of their own, so that a person has 24 to 41
    differences and two people differ in at least 15. The phylogeny is the same for
    all people of one seed. ``taken`` are the positions of the shared differences and
    of the tracts, with their neighbours.
    """

    def __init__(self, reference: Reference, seed: int):
        self.reference = reference
        self.seed = seed
        rng = stream(seed, "phylogeny")
        known = (*RARE_IN_RCRS, *NOT_IN_H) if is_rcrs(reference) else ()
        self.taken = tract_positions(reference) | reserved(known, 2, reference.length)
        self.clades = [self._block(rng, CLADE_SIZES) for _ in range(CLADES)]
        self.subclades = [
            [self._block(rng, SUBCLADE_SIZES) for _ in range(SUBCLADES)] for _ in range(CLADES)
        ]

    def _block(self, rng: np.random.Generator, sizes: tuple[int, int]) -> list[Variant]:
        positions = draw_positions(rng, int(rng.integers(*sizes)), self.taken, self.reference)
        self.taken |= reserved(positions, 2, self.reference.length)
        return [draw_snv(rng, self.reference, pos, 1.0, "haplotype") for pos in positions]

    def person(self, name: str, clade: str | None = None) -> tuple[str, list[Variant]]:
        """Clade label and homoplasmic differences from rCRS of a person.

        Args:
            name: the person draws their own differences from this name and the seed.
            clade: such as ``5.2``, to place a person beside another; ``reference`` for none of
                the differences, as animals of the reference's strain; drawn if None.

        Raises:
            ValueError: for a clade that does not exist.
        """
        if clade == OF_REFERENCE:
            return clade, []
        rng = stream(self.seed, "person", name)
        if clade is None:
            clade = f"{rng.integers(CLADES)}.{rng.integers(SUBCLADES)}"
        try:
            major, minor = (int(part) for part in str(clade).split("."))
            if major < 0 or minor < 0:
                raise ValueError
            shared = self.clades[major] + self.subclades[major][minor]
        except (ValueError, IndexError):
            raise ValueError(
                f"clade {clade!r} does not exist: expected 0.0 to {CLADES - 1}.{SUBCLADES - 1}"
            ) from None
        people = is_rcrs(self.reference)
        root = RARE_IN_RCRS if major in H_LIKE else (*RARE_IN_RCRS, *NOT_IN_H)
        variants = [
            Variant(
                pos,
                self.reference.sequence[pos - 1],
                TRANSITION[self.reference.sequence[pos - 1]],
                1.0,
                "haplotype",
            )
            for pos in (root if people else ())
        ]
        private = draw_positions(rng, int(rng.integers(*PRIVATE_SIZES)), self.taken, self.reference)
        variants += shared
        variants += [draw_snv(rng, self.reference, pos, 1.0, "haplotype") for pos in private]
        # 315.1C: rCRS lacks a C that nearly everyone has.
        if people and rng.random() < 0.95:
            variants.append(make_insertion(self.reference, 316, "C", 1.0, "haplotype"))
        return clade, sorted(variants)


def drift(rng: np.random.Generator, vaf: float, variance: float) -> float:
    """Heteroplasmy after a bottleneck.

    ``variance`` is the normalised variance F = V / (p (1 - p)) of random drift (Wright 1942; Kimura
    1955); the distribution is approximated by the Beta of the same mean and variance.
    """
    if variance <= 0 or not 0 < vaf < 1:
        return vaf
    size = (1 - variance) / variance
    return float(rng.beta(vaf * size, (1 - vaf) * size))


def draw_numts(
    rng: np.random.Generator,
    reference: Reference,
    taken: Collection[int],
    *,
    n: int,
    lengths: tuple[int, int],
    divergence: tuple[float, float],
) -> list[Numt]:
    """``n`` nuclear copies of mtDNA segments, of ``lengths`` and ``divergence`` between bounds."""
    copies = []
    for _ in range(n):
        length = int(rng.integers(*lengths))
        start = int(rng.integers(reference.length))
        rate = rng.uniform(*divergence)
        inside = (start + np.arange(length)) % reference.length + 1
        free = np.setdiff1d(inside, [*taken, reference.placeholder + 1])
        chosen = rng.choice(free, round(rate * length), replace=False)
        variants = [draw_snv(rng, reference, int(pos), 1.0, "numt") for pos in sorted(chosen)]
        copies.append(Numt(start, length, variants))
    return copies


def mixture(parts: Sequence[tuple[float, Sequence[Variant]]]) -> list[Variant]:
    """VAFs in a mixture of pools, given as (share, variants); sorted, with the first kind seen."""
    total: dict[tuple[int, str, str], float] = {}
    kinds: dict[tuple[int, str, str], str] = {}
    for share, variants in parts:
        for variant in variants:
            total[variant.allele] = total.get(variant.allele, 0.0) + share * variant.vaf
            kinds.setdefault(variant.allele, variant.kind)
    return [Variant(*allele, vaf, kinds[allele]) for allele, vaf in sorted(total.items())]
