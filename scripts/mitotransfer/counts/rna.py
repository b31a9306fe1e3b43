"""Whether a sample's reads are of RNA, by modified bases and by depth that follows the genes.

Reverse transcription puts in wrong bases at modified positions of rRNA and tRNA (Hodgkinson et al.
2014, doi 10.1126/science.1251110). In DNA these positions vary no more than others. The depth of
RNA-seq changes from gene to gene, at their borders. That of DNA does not know the genes: they
explain the depths of amplicons as well when they are moved along the circle.
"""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np

from mitotransfer.arrays import Floats, Ints
from mitotransfer.counts.allele_counts import RNA, Counted, Counts
from mitotransfer.genome.bundle import Genome
from mitotransfer.wording import plural

_MIN_DEPTH = 20  # of a site with a share of mismatches
_MISMATCHES = (0.03, 0.98)  # share at a modified site; above is a fixed difference
_MIN_SITES = 3
_P_VALUE = 1e-6
#: Depth follows the genes: share of the variance of log2 depth between them, standard deviation of
#: the genes' mean log2 depth, unexplained share when the genes are moved over that in place.
_EXPLAINED, _SPREAD, _CONTRAST = 0.7, 1.0, 2.0
_MIN_GENE = 200  # bases; shorter ones are lost in the preparation of libraries
_MIN_MEAN_DEPTH = 5
_MIN_MOVE, _STEP = 300, 50
#: Share of bases on one strand above which a library is of one strand; it needs less other proof.
_ONE_STRAND = 0.95
_P_VALUE_ONE_STRAND = 1e-3
_CONTRAST_ONE_STRAND = 1.5


def reason_of_rna(counts: Counted | Counts, genome: Genome) -> str:
    """Why the reads are taken for RNA; empty where they may be of DNA."""
    strands = counts.bases.sum(axis=(0, 1), dtype=np.int64)
    one_strand = max(strands) > _ONE_STRAND * max(strands.sum(), 1)
    modified, sites, p_value = modified_sites(counts, genome)
    limit = _P_VALUE_ONE_STRAND if one_strand else _P_VALUE
    signs = []
    if modified >= _MIN_SITES and p_value < limit:
        signs.append(f"mismatches at {modified} of {plural(sites, 'position')} modified in RNA")
    explained, spread, contrast = gene_depths(counts, genome)
    least = _CONTRAST_ONE_STRAND if one_strand else _CONTRAST
    if explained >= _EXPLAINED and spread >= _SPREAD and contrast >= least:
        signs.append(f"genes explain {explained:.0%} of the differences of depth")
    if not signs:
        return ""
    signs += ["all reads on one strand"] if one_strand else []
    return f"its reads look like RNA ({'; '.join(signs)}), {NOT_JUDGED}"


#: What a sample of RNA cannot do.
NOT_JUDGED = (
    "which is not judged as DNA: modified and edited bases pass for variants, and expression for "
    "the share of a genome; give reads of DNA"
)


def masked(result: Counted, genome: Genome) -> Counted:
    """Counts of RNA without the positions that are modified in RNA, marked as RNA."""
    listed = np.zeros(len(result.bases), bool)
    listed[genome.rna_sites] = True
    bases = np.where(listed[:, None, None], 0, result.bases).astype(np.uint32)
    indels = [row for row in result.indels if not listed[row[0] - 1]]
    sums, meta = result.sums, result.meta | {RNA: True}
    if sums is None:
        return replace(result, bases=bases, indels=indels, meta=meta)
    pairs = sums.pairs[:, ~(listed[sums.pairs[0]] | listed[sums.pairs[2]])]
    kept = {
        name: np.where(listed[:, None, None], 0, values).astype(np.uint32)
        for name, values in (
            ("qualities", sums.qualities), ("distances", sums.distances),
            ("mismatches", sums.mismatches),
        )
    }  # fmt: skip
    return Counted(bases, indels, meta, replace(sums, pairs=pairs, **kept))


def modified_sites(counts: Counted | Counts, genome: Genome) -> tuple[int, int, float]:
    """Sites modified in RNA with mismatches, all that are covered, and a p value.

    It is the probability of so many if they had mismatches as often as other positions have.
    """
    alleles = counts.bases.sum(axis=2, dtype=np.int64)
    depth = alleles.sum(axis=1)
    codes = np.minimum(genome.reference.codes, 3)
    own = np.take_along_axis(alleles, codes[:, None].astype(np.int64), axis=1)[:, 0]
    seen = (depth >= _MIN_DEPTH) & (genome.reference.codes < 4) & ~genome.artefact
    low, high = _MISMATCHES
    share = 1 - own / np.maximum(depth, 1)
    differs = seen & (low <= share) & (share <= high)
    listed = np.zeros(len(depth), bool)
    listed[genome.rna_sites] = True
    others = int((seen & ~listed).sum())
    rate = (int((differs & ~listed).sum()) + 1) / (others + 2)
    modified, sites = int((differs & listed).sum()), int((seen & listed).sum())
    more = range(modified, sites + 1)
    return modified, sites, sum(comb(sites, k) * rate**k * (1 - rate) ** (sites - k) for k in more)


def _segments(genome: Genome) -> Ints:
    """Number of the gene or region of each position; -1 in tRNAs and between genes."""
    length = genome.reference.length
    found = np.full(length, -1)
    positions = np.arange(1, length + 1)
    for number, gene in enumerate(genome.genes):
        inside = gene.holds(positions)
        if gene.kind != "tRNA" and inside.sum() >= _MIN_GENE:
            found[inside & (found < 0)] = number
    return found


def _explained(depths: Floats, segments: Ints) -> tuple[float, float]:
    """Share of the variance between segments, and standard deviation of their means."""
    inside = segments >= 0
    values, groups = depths[inside], segments[inside]
    sizes = np.bincount(groups)
    sums = np.bincount(groups, values)
    means = sums[sizes > 0] / sizes[sizes > 0]
    total = ((values - values.mean()) ** 2).sum()
    between = (sizes[sizes > 0] * (means - values.mean()) ** 2).sum()
    return float(between / total) if total else 0.0, float(means.std())


def gene_depths(counts: Counted | Counts, genome: Genome) -> tuple[float, float, float]:
    """How the depth follows the genes.

    Returns:
        Share of the variance of log2 depth between genes; standard deviation of the genes' means;
        the least share that stays unexplained when the genes are moved along the circle, over that
        in place. Zeros for a shallow sample, and for the last where the first two tell enough.
    """
    depth = counts.bases.sum(axis=(1, 2), dtype=np.int64)
    if depth.mean() < _MIN_MEAN_DEPTH:
        return 0.0, 0.0, 0.0
    depths = np.log2(depth + 1.0)
    segments = _segments(genome)
    explained, spread = _explained(depths, segments)
    if explained < _EXPLAINED or spread < _SPREAD:
        return explained, spread, 0.0
    moves = range(_MIN_MOVE, len(depth) - _MIN_MOVE, _STEP)
    best = max(_explained(np.roll(depths, move), segments)[0] for move in moves)
    return explained, spread, (1 - best) / max(1 - explained, 1e-9)
