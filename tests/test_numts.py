"""Nuclear copies lose their reads, and distant haplotypes lose none."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_reads import EXTENSION, RCRS

from mitotransfer import align, bwaindex
from mitotransfer.counting import Rules
from mitotransfer.quick import count_sample
from mitotransfer.reads import Lane
from mitotransfer.reference import BASES
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.library import Source
from mitotransfer.simulate.noise import Sequencing, cohort_noise
from mitotransfer.simulate.sequencer import write_reads

START, LENGTH = 8000, 2000
OTHER = dict(zip("ACGT", "GTAC", strict=True))
# No errors but those of the chemistry's ordinary rates; no hot spots, which other tests know.
SEQUENCING = Sequencing(hot_spots=0, duplicates=0.0)


def variants(positions, vaf=1.0):
    return [Variant(p, RCRS.sequence[p - 1], OTHER[RCRS.sequence[p - 1]], vaf) for p in positions]


def count(folder, prefix, sources, pairs, rules):
    files = folder / "1.fastq.gz", folder / "2.fastq.gz"
    noise = cohort_noise(SEQUENCING, RCRS, 3)
    write_reads(sources, pairs, np.random.default_rng(1), *files, RCRS, noise)
    settings = align.Settings(EXTENSION)
    return [count_sample([Lane(*files)], [], prefix, RCRS, "S", rule, settings) for rule in rules]


def false_alleles(result):
    """Highest VAF of an allele that is not the reference's, where the depth is full."""
    depth = result.bases.sum(axis=(1, 2))
    vaf = result.bases.sum(axis=2) / np.maximum(depth, 1)[:, None]
    full = np.flatnonzero((depth > 0.5 * depth.max()) & (RCRS.codes < 4))
    vaf[np.arange(len(vaf)), np.minimum(RCRS.codes, 3)] = 0
    return vaf[full].max()


@pytest.mark.slow
def test_reads_of_a_diverged_nuclear_copy_are_taken(tmp_path, prefix):
    rng = np.random.default_rng(80)
    chosen = START + 1 + rng.choice(LENGTH, int(0.08 * LENGTH), replace=False)
    sources = [
        Source(0.995, [], "own", (START, LENGTH)),
        Source(0.005, variants(sorted(chosen)), "numt", (START, LENGTH)),
    ]
    loose, found = count(
        tmp_path, prefix, sources, 30_000, [Rules(max_mismatches_per_100=100), Rules()]
    )
    assert false_alleles(loose) > 0.005
    # Two thirds of its reads have more mismatches than are allowed; closer copies need a decoy.
    assert false_alleles(found) < 0.5 * false_alleles(loose)
    assert found.meta["filtered_mismatches"] > 0.6 * 0.005 * found.meta["aligned"]


def test_competitive_mapping_takes_the_nuclear_copy_that_the_decoy_holds(tmp_path):
    rng = np.random.default_rng(9)
    chosen = START + 1 + rng.choice(LENGTH, int(0.03 * LENGTH), replace=False)
    copy = list(RCRS.sequence[START : START + LENGTH])
    for p in chosen:
        copy[p - 1 - START] = OTHER[copy[p - 1 - START]]
    decoy = tmp_path / "decoy.fa"
    decoy.write_text(f">chr1_numt\n{'ACGTTGCA' * 50}{''.join(copy)}{'N' * 20}{'GATTACA' * 60}\n")
    bwaindex.write_index(RCRS, EXTENSION, tmp_path / "with", decoy)
    sources = [
        Source(0.9, [], "own", (START, LENGTH)),
        Source(0.1, variants(sorted(chosen)), "numt", (START, LENGTH)),
    ]
    (found,) = count(tmp_path, tmp_path / "with", sources, 5000, [Rules()])
    assert found.meta["nuclear_reads"] == pytest.approx(1000, rel=0.1)
    # A tenth of the reads would make alleles of 10 %; a few pairs show no difference.
    assert false_alleles(found) < 0.01
    depth = found.bases.sum(axis=(1, 2))[START + 400 : START + LENGTH - 400]
    assert depth.min() > 0.7 * depth.max()


@pytest.mark.parametrize("person", ["H", "L"])
def test_the_filter_takes_no_allele_of_a_distant_haplotype(tmp_path, prefix, person):
    """Whole genomes with fixed differences as dense as in H and in L0, heteroplasmies between."""
    if person == "L":
        # Nine in 170 bases of HVS1 and of HVS2, and one in 180 elsewhere.
        dense = [*range(60, 240, 20), *range(16_130, 16_310, 20)]
        fixed = [*dense, *range(400, 16_000, 180)]
    else:
        fixed = [263, 750, 1438, 4769, 8860, 15_326, 16_519]
    rare = [p + 11 for p in fixed[::3]]
    own = variants(fixed) + variants(rare, 0.1)
    loose, found = count(
        tmp_path, prefix, [Source(1.0, own, "own")], 15_000,
        [Rules(max_mismatches_per_100=100), Rules()],
    )  # fmt: skip
    at = np.array(sorted([*fixed, *rare]))
    codes = [BASES.index(OTHER[RCRS.sequence[p - 1]]) for p in at]
    shares = []
    for result in (loose, found):
        here = result.bases[at - 1].sum(axis=2)
        assert here.sum(axis=1).min() > 100
        shares.append(here[np.arange(len(codes)), codes] / here.sum(axis=1))
    assert np.abs(shares[1] - shares[0]).max() < 0.001
    assert found.meta["filtered_mismatches"] < 0.001 * found.meta["aligned"]
