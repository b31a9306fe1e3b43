"""Reads of RNA, by modified sites and by depth that follows the genes; DNA is not taken for it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from places import GENOME, RCRS

from mitotransfer.counts.allele_counts import BaseSums, Counted, Counts, empty_indels
from mitotransfer.counts.rna import gene_depths, masked, modified_sites, reason_of_rna

LENGTH = RCRS.length
OWN = np.minimum(RCRS.codes, 3)


@cache
def inside(gene):
    """Positions of a gene."""
    return np.array([gene.holds(pos) for pos in range(1, LENGTH + 1)])


def uneven(rng, sd, scale=150):
    """Factors that change smoothly along the genome."""
    knots = np.arange(0, LENGTH + scale, scale)
    return 2 ** np.interp(np.arange(LENGTH), knots, rng.normal(0, sd, len(knots)))


def scaled(depth, mean=300.0):
    return depth / depth.mean() * mean


def of_rna(rng, ribosomal, within=0.7):
    """Expected depth of RNA-seq: levels of the genes, short tRNAs lost."""
    depth = np.zeros(LENGTH)
    for gene in GENOME.genes:
        level = {
            "rRNA": ribosomal * rng.uniform(0.5, 2),
            "protein": rng.lognormal(0, 0.8) * (0.1 if gene.strand == "-" else 1),
            "tRNA": 0.05,
            "control": 0.02,
        }[gene.kind]
        depth[inside(gene)] = np.maximum(depth[inside(gene)], level)
    return scaled(depth * uneven(rng, within))


def of_amplicons(rng, number, sd):
    """Expected depth of tiled amplicons that amplify unevenly."""
    edges = np.sort(rng.integers(0, LENGTH, number))
    levels = 2 ** rng.normal(0, sd, number)
    tile = np.searchsorted(edges, np.arange(LENGTH), side="right") % number
    return scaled(levels[tile] * uneven(rng, 0.1))


def counts(rng, depth, variants=(), forward=0.5):
    """Counts at an expected depth; ``variants`` are positions (0-based) with their VAF."""
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    drawn = rng.poisson(depth)
    bases[np.arange(LENGTH), OWN, 0] = rng.binomial(drawn, forward)
    bases[np.arange(LENGTH), OWN, 1] = drawn - bases[np.arange(LENGTH), OWN, 0]
    for pos, vaf in variants:
        for strand in (0, 1):
            changed = rng.binomial(bases[pos, OWN[pos], strand], vaf)
            bases[pos, OWN[pos], strand] -= changed
            bases[pos, (OWN[pos] + 1) % 4, strand] += changed
    return Counts(bases, empty_indels(), {})


@pytest.mark.parametrize("ribosomal", [0.05, 1, 30])
def test_rna_by_its_depth_alone(ribosomal):
    """With rRNA removed, with polyA selection, and of all RNA."""
    rng = np.random.default_rng(1)
    for _ in range(3):
        reason = reason_of_rna(counts(rng, of_rna(rng, ribosomal)), GENOME)
        assert "genes explain" in reason and "not judged as DNA" in reason


def test_rna_by_modified_sites_alone():
    """As of a panel that evens out expression."""
    rng = np.random.default_rng(2)
    sites = rng.permutation(GENOME.rna_sites)[:8]
    found = counts(rng, np.full(LENGTH, 300.0), [(pos, rng.uniform(0.05, 0.6)) for pos in sites])
    reason = reason_of_rna(found, GENOME)
    assert f"mismatches at 8 of {len(GENOME.rna_sites)} positions modified in RNA" in reason
    assert "strand" not in reason


def test_reads_on_one_strand_need_less_other_proof():
    rng = np.random.default_rng(3)
    variants = [(pos, 0.2) for pos in (*GENOME.rna_sites[:3], *range(4000, 9000, 50))]
    both, one = (counts(rng, np.full(LENGTH, 300.0), variants, f) for f in (0.5, 0.99))
    assert reason_of_rna(both, GENOME) == ""
    assert "all reads on one strand" in reason_of_rna(one, GENOME)


@pytest.mark.parametrize("tiles", [1, 2, 3, 6, 9, 24, 96])
def test_uneven_amplicons_are_no_rna(tiles):
    rng = np.random.default_rng(4)
    for sd in (1, 3):
        for _ in range(2):
            assert reason_of_rna(counts(rng, of_amplicons(rng, tiles, sd)), GENOME) == ""


def test_dna_of_other_kinds_is_no_rna():
    rng = np.random.default_rng(5)
    even = np.full(LENGTH, 500.0)
    ribosomal = np.zeros(LENGTH)  # an amplicon of 16S
    ribosomal[1700:3200] = 5000
    # Heteroplasmies anywhere, two of them at sites that RNA has modified, one fixed.
    somatic = [(int(pos), rng.uniform(0.02, 0.9)) for pos in rng.integers(0, LENGTH, 20)]
    at_sites = [(int(GENOME.rna_sites[0]), 0.3), (int(GENOME.rna_sites[5]), 0.5)]
    fixed = [(int(pos), 1.0) for pos in GENOME.rna_sites[:6]]
    person = [(int(pos), 0.1) for pos in rng.integers(0, LENGTH, 100)]  # a mixture of two people
    deleted = even.copy()
    deleted[8482:13459] *= 0.1
    for depth, variants in [
        (even, somatic),
        (even * uneven(rng, 0.5), at_sites + somatic),
        (even, fixed),
        (even, person),
        (ribosomal, somatic),
        (np.zeros(LENGTH), []),
        (deleted, somatic),
        (even / 100, []),
    ]:
        assert reason_of_rna(counts(rng, depth, variants), GENOME) == ""


def test_one_strand_alone_is_no_proof():
    rng = np.random.default_rng(6)
    assert reason_of_rna(counts(rng, np.full(LENGTH, 300.0), forward=1.0), GENOME) == ""


def test_p_value_is_that_of_so_many_sites_by_chance():
    rng = np.random.default_rng(7)
    found = counts(rng, np.full(LENGTH, 300.0), [(pos, 0.3) for pos in GENOME.rna_sites[:2]])
    modified, sites, p_value = modified_sites(found, GENOME)
    others = int((found.depth.sum(axis=1) >= 20).sum() - GENOME.artefact.sum() - sites)
    rate = 1 / (others + 2)
    assert (modified, sites) == (2, len(GENOME.rna_sites))
    assert p_value == pytest.approx(sites * (sites - 1) / 2 * rate**2, rel=0.01)


def test_depth_that_knows_no_genes():
    rng = np.random.default_rng(8)
    explained, spread, contrast = gene_depths(counts(rng, np.full(LENGTH, 300.0)), GENOME)
    assert explained < 0.1 and spread < 0.1 and contrast == 0


def test_positions_that_are_modified_in_rna_are_masked():
    bases = np.full((LENGTH, 4, 2), 3, np.uint32)
    pairs = np.array([[2615, 2616, 100], [0, 1, 2], [2616, 2618, 101], [1, 1, 1], [5, 6, 7]])
    sums = BaseSums(bases, bases, bases, np.zeros((64, 32), np.uint32), pairs.astype(np.uint32))
    indels = [(2617, "A", "AT", 3, 2), (5000, "A", "AT", 3, 2)]
    found = masked(Counted(bases, indels, {"sample": "L1.immune"}, sums), GENOME)
    listed = np.isin(np.arange(LENGTH), GENOME.rna_sites)
    assert listed[[2616, 584]].all() and not listed[2615]
    for values in (found.bases, found.sums.qualities, found.sums.mismatches, found.sums.distances):
        assert (values[listed] == 0).all() and (values[~listed] == 3).all()
    assert [row[0] for row in found.indels] == [5000]
    assert found.sums.pairs.tolist() == [[100], [2], [101], [1], [7]]
    assert found.meta == {"sample": "L1.immune", "rna": True}
    assert Counts(found.bases, empty_indels(), found.meta).rna
