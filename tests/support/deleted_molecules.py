"""Molecules of a tumour with a deletion and SNVs, of an immune sample and of a normal, drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from places import RCRS

from mitotransfer.counts.junctions import LONG_MARGIN
from mitotransfer.errors.junction_sums import junction_shapes
from mitotransfer.fraction.molecule_haplotypes import molecule_counts
from mitotransfer.fraction.patterns import Deletion, gathered
from mitotransfer.fraction.template_switching import breaks_between
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.circle import Circle
from mitotransfer.patient.molecule_patterns import JOINED, Sites, if_deleted

CIRCLE = Circle.of(RCRS)
TURN = CIRCLE.length
START, END = 8469, 13447  # the common deletion
LOST = (END - START - 1) % TURN


@dataclass(frozen=True)
class Tumor:
    """A tumour with SNVs at some positions and the common deletion.

    Attributes:
        deleted: share of the molecules with it.
        pos: of the SNVs.
        whole, without: shares of the SNVs' haplotypes, rows of 0 and 1, among molecules without the
            deletion and with it.
    """

    deleted: float
    pos: tuple[int, ...]
    whole: dict[tuple[int, ...], float]
    without: dict[tuple[int, ...], float]
    sites: Sites = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.pos)
        order = np.argsort([*self.pos, START], kind="stable")
        columns = np.array([*self.pos, START]), np.array([*[0] * size, JOINED])
        ends = np.array([*[0] * size, END])
        pos, alt, end = (one[order] for one in (*columns, ends))
        object.__setattr__(self, "sites", Sites([str(p) for p in pos], pos, alt, end))


#: In phase: the deletion is on molecules with both SNVs outside; out of phase: on the others.
PHASE = Tumor(0.6, (5000, 11_000, 15_000), {(1, 1, 1): 1.0}, {(1, 0, 1): 1.0})
APART = Tumor(0.4, (5000, 11_000, 15_000), {(1, 1, 1): 0.8, (0, 0, 0): 0.2}, {(0, 0, 0): 1.0})
#: One SNV, outside.
ONE = Tumor(0.6, (5000,), {(1,): 1.0}, {(1,): 1.0})


class Reads(NamedTuple):
    """Reads of a library.

    Attributes:
        number: of reads.
        bases: median length, lognormal with sigma 0.3; at most a turn of the molecule.
        error: of a SNV's site to the tumour's allele.
        shown: share of the bases that count.
        chimeras: share of the reads across the junction's start that show it without having it.
        switched: share of reads joined from two.
    """

    number: int
    bases: float
    error: float = 1e-4
    shown: float = 0.98
    chimeras: float = 1e-4
    switched: float = 0.0


def _kinds(rng, tumor: Tumor, bases, fraction: float):
    """Whether reads are of deleted molecules, and the SNVs' alleles of these.

    A molecule gives as many reads as it has such pieces, at least one.
    """
    size, deleted = len(bases), fraction * tumor.deleted
    of_deleted, of_whole = (np.maximum(turn, bases) for turn in (TURN - LOST, TURN))
    weights = np.stack([
        deleted * of_deleted, (fraction - deleted) * of_whole, (1 - fraction) * of_whole
    ])  # fmt: skip
    kind = (rng.random(size) * weights.sum(axis=0) > np.cumsum(weights, axis=0)).sum(axis=0)
    alleles = np.zeros((size, len(tumor.pos)), np.int8)
    for which, haplotypes in ((0, tumor.without), (1, tumor.whole)):
        rows = list(haplotypes)
        chosen = rng.choice(len(rows), size, p=list(haplotypes.values()))
        alleles[kind == which] = np.array(rows, np.int8)[chosen][kind == which]
    return kind == 0, alleles


def draw(rng, tumor: Tumor, reads: Reads, fraction: float):
    """What reads show, and cover: alleles (n, k), covered at the junction's end, first, last."""
    size, sites = reads.number, tumor.sites
    places = CIRCLE.to_circle(sites.pos - 1)
    start, end = CIRCLE.to_circle(START - 1), CIRCLE.to_circle(END - 1)
    # Of the pieces of a molecule, those of a length are as many as they fit into it.
    drawn = np.exp(rng.normal(np.log(reads.bases), 0.3, size))
    deleted, alleles = _kinds(rng, tumor, drawn, fraction)
    _, others = _kinds(rng, tumor, drawn, fraction)
    turn = np.where(deleted, TURN - LOST, TURN)
    first = rng.integers(turn)  # on the molecule: places up to the start, then those from the end
    first = np.where(deleted & (first > start), first + LOST, first)
    bases = np.minimum(np.rint(drawn), turn).astype(np.int64)
    before = (start - first) % TURN
    off = (places[None] - first[:, None]) % TURN
    off -= (LOST * deleted)[:, None] * (off > before[:, None])
    covers = off < bases[:, None]
    at = sites.deletion
    inside = sites.inside(RCRS.length)
    covers &= ~(inside & deleted[:, None])
    snv = np.delete(np.arange(len(places)), at)
    joined = rng.random(size) < reads.switched
    # What lies beyond the break is of another molecule.
    beyond = off[:, snv] >= (rng.random(size) * bases)[:, None]
    own = np.where(joined[:, None] & beyond, others, alleles)
    own = np.where(rng.random(own.shape) < reads.error, 1 - own, own)
    shown = np.full((size, len(places)), -1, np.int8)
    counts = covers[:, snv] & (rng.random(own.shape) < reads.shown)
    shown[:, snv] = np.where(counts, own, -1)
    across = (before >= LONG_MARGIN - 1) & (bases - before > LONG_MARGIN)
    false = across & ~deleted & (rng.random(size) < reads.chimeras)
    shown[:, at] = np.where(across, deleted | false, -1)
    shown[np.ix_(false, np.flatnonzero(inside))] = -1
    to_end = (end - 1 - first) % TURN
    into = ~deleted & ~false & (to_end >= LONG_MARGIN - 1) & (bases - to_end > LONG_MARGIN)
    last = first + bases - 1 + np.where(deleted & (before < bases - 1), LOST, 0)
    return shown, into, first, last % TURN


def study(rng, tumor: Tumor, reads: Reads, of_tumor: int = 1000):
    """A tumour and a normal, and a function from the fraction to counts at sites, of molecules."""
    sites, at = tumor.sites, tumor.sites.deletion
    inside = sites.inside(RCRS.length)
    fixed = draw(rng, tumor, reads._replace(number=of_tumor), 1.0), draw(rng, tumor, reads, 0.0)
    worth = 2000.0
    alpha, beta = np.full(len(inside), worth * reads.error), np.full(len(inside), worth)
    repeat = np.array([junction_alleles.repeat(RCRS, START, END)])
    seen = SimpleNamespace(errors=np.array([worth * reads.chimeras]), depth=np.array([worth]))
    alpha[at], beta[at] = (float(one[0]) for one in junction_shapes(repeat, seen))
    share = tumor.deleted

    def column(drawn):
        shown, into = drawn[0], drawn[1]
        alt, depth = (shown == 1).sum(axis=0), (shown >= 0).sum(axis=0)
        depth[at] = alt[at] + round(((shown[:, at] == 0).sum() + into.sum()) / 2)
        return alt, depth

    def counts(fraction):
        immune = draw(rng, tumor, reads, fraction)
        three = fixed[0], immune, fixed[1]
        columns = [one for drawn in three for one in column(drawn)]
        at_sites = VariantCounts(*columns, alpha, beta, copies=np.where(inside, 1 - share, 1.0))
        facts = np.zeros((reads.number, 4), np.int64)
        facts[:, 1], facts[:, 2] = immune[2], immune[3]
        covered = if_deleted(SimpleNamespace(facts=facts), immune[0], sites, RCRS)
        patterns = (gathered(drawn[0]) for drawn in three)
        found = molecule_counts(
            at_sites, *patterns, clustering=1.0, breaks=breaks_between(sites.pos, RCRS.length),
            deletion=Deletion(at, inside, gathered(covered)),
        )  # fmt: skip
        return at_sites, found

    return counts
