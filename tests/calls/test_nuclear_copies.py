"""Nuclear copies lose their reads, and distant haplotypes lose none."""

from __future__ import annotations

import numpy as np
import pytest
from draws import CODES, SETTINGS, alleles_of, draw, prediction, rates
from haplotypes import L0A
from places import GENOME
from simulated_reads import EXTENSION, RCRS, counted

from mitotransfer.calls import call, nuclear_copies
from mitotransfer.counts.allele_counts import BaseSums, Counts, empty_indels
from mitotransfer.genome.reference import BASES
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import aligner_index
from mitotransfer.reads.lanes import Lane, SampleReads
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.library import Library, Source
from mitotransfer.simulate.noise import Sequencing, cohort_noise
from mitotransfer.simulate.sequencer import write_reads

START, LENGTH = 8000, 2000
OTHER = dict(zip("ACGT", "GTAC", strict=True))
# Errors at ordinary rates; no hot spots, which other tests have.
SEQUENCING = Sequencing(hot_spots=0, duplicates=0.0)


def variants(positions, vaf=1.0):
    return [Variant(p, RCRS.sequence[p - 1], OTHER[RCRS.sequence[p - 1]], vaf) for p in positions]


def count(folder, prefix, sources, pairs, rules):
    files = folder / "1.fastq.gz", folder / "2.fastq.gz"
    noise = cohort_noise(SEQUENCING, RCRS, 3)
    write_reads(Library(sources, RCRS, noise), pairs, np.random.default_rng(1), *files)
    sample = SampleReads("S", [Lane(*files)])
    return [counted(prefix, sample, rule) for rule in rules]


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
        tmp_path, prefix, sources, 30_000, [Counting(max_mismatches_per_100=100), Counting()]
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
    aligner_index.write_index(RCRS, EXTENSION, tmp_path / "with", decoy=decoy)
    sources = [
        Source(0.9, [], "own", (START, LENGTH)),
        Source(0.1, variants(sorted(chosen)), "numt", (START, LENGTH)),
    ]
    (found,) = count(tmp_path, tmp_path / "with", sources, 5000, [Counting()])
    assert found.meta["nuclear_reads"] == pytest.approx(1000, rel=0.1)
    # A tenth of the reads would make alleles of 10 %; a few pairs show no difference.
    assert false_alleles(found) < 0.01
    depth = found.bases.sum(axis=(1, 2))[START + 400 : START + LENGTH - 400]
    assert depth.min() > 0.7 * depth.max()


def test_a_decoy_that_equals_mtdna_but_for_one_base_takes_nothing_else(tmp_path):
    """As the copy on chromosome 1 of the mouse: most reads fit both equally well."""
    at = START + LENGTH // 2
    copy = list(RCRS.sequence[START : START + LENGTH])
    copy[at - 1 - START] = OTHER[copy[at - 1 - START]]
    decoy = tmp_path / "decoy.fa"
    decoy.write_text(f">copy\n{''.join(copy)}\n")
    aligner_index.write_index(RCRS, EXTENSION, tmp_path / "with", decoy=decoy)
    sources = [
        Source(0.9, [], "own", (START, LENGTH)),
        Source(0.1, variants([at]), "numt", (START, LENGTH)),
    ]
    (found,) = count(tmp_path, tmp_path / "with", sources, 5000, [Counting()])
    alleles = found.bases.sum(axis=2)
    allele = BASES.index(OTHER[RCRS.sequence[at - 1]])
    assert alleles[at - 1].sum() > 100 and alleles[at - 1, allele] == 0
    depth = alleles.sum(axis=1)[START + 400 : START + LENGTH - 400]
    assert depth.min() > 0.7 * depth.max()


@pytest.mark.parametrize("person", [pytest.param("H", marks=pytest.mark.slow), "L"])
def test_the_filter_marks_no_allele_of_a_distant_haplotype(tmp_path, prefix, person):
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
        tmp_path, prefix, [Source(1.0, own, "own")], 10_000,
        [Counting(max_mismatches_per_100=100), Counting()],
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


# ---------------------------------------------------------------- alleles

READ, END, ALLOWED = 150, 10, 6
CONFIDENCE = 0.95


def reads_of(rng, differences, depth, span):
    """Fragments and mean further mismatches of the alleles, by reads of ``differences``: those
    with more than are allowed are left out, bases near read ends do not count."""
    first, last = span
    starts = rng.integers(first - READ, last, int(depth * (last - first + READ) / (READ - 2 * END)))
    at = np.asarray(differences)[None, :] - starts[:, None]
    inside = (at >= 0) & (at < READ)
    mismatches = inside.sum(axis=1)
    kept = (inside & (at >= END) & (at < READ - END))[mismatches <= ALLOWED]
    k = kept.sum(axis=0)
    further = kept.T @ (mismatches[mismatches <= ALLOWED] - 1)
    return k, further / np.maximum(k, 1)


def judged(pos, vaf, k, further, length):
    """Which alleles at 1-based positions are marked."""
    nothing = np.zeros(len(pos))
    minor = nuclear_copies.MinorAlleles(pos - 1, nothing.astype(int), vaf, k, nothing, further)
    return nuclear_copies.of_nuclear_copies(minor, GENOME.control_region, length, CONFIDENCE)


def marked(rng, differences, depth, span, vaf=0.005, errors=0.05):
    """Alleles with four fragments or more, and those that are marked; errors add mismatches to all
    reads, the sample's own too."""
    k, further = reads_of(rng, differences, depth, span)
    seen = k >= 4
    k, further = k[seen], further[seen] + rng.poisson(errors * k[seen]) / k[seen] - errors
    pos = np.asarray(differences)[seen]
    vafs = vaf * k / max(k.mean(), 1) if len(k) else np.zeros(0)
    return pos, judged(pos, vafs, k, further, READ - 1.0)


def test_no_allele_of_another_person_is_taken_for_a_nuclear_copys():
    rng = np.random.default_rng(11)
    for depth in (5, 20, 100, 1000):
        pos, found = marked(rng, L0A, depth, (1, 16_569))
        assert len(pos) > 30 and not found.any()
    # People as far apart as two lineages of Africa, their differences anywhere.
    alleles = lost = 0
    for _ in range(40):
        person = np.sort(rng.choice(np.arange(577, 16_024), 85, replace=False))
        pos, found = marked(rng, person, 50, (1, 16_569))
        alleles, lost = alleles + len(pos), lost + found.sum()
    assert lost <= 0.005 * alleles


@pytest.mark.parametrize(("divergence", "most_left"), [(0.03, 0.05), (0.05, 0.02), (0.08, 0.1)])
def test_alleles_of_diverged_copies_are_marked(divergence, most_left):
    rng = np.random.default_rng(12)
    alleles = left = 0
    for _ in range(20):
        start = rng.integers(600, 14_000)
        size = int(divergence * 2000)
        copy = np.sort(start + rng.choice(2000, size, replace=False))
        pos, found = marked(rng, copy, 25, (start, start + 2000))
        alleles, left = alleles + len(pos), left + (~found).sum()
    assert alleles > 200 and left <= most_left * alleles


def test_three_mutations_in_a_read_and_an_unlinked_neighbour_are_kept():
    rng = np.random.default_rng(13)
    pos, found = marked(rng, [7000, 7010, 7020], 200, (6000, 8000))
    assert len(pos) == 3 and not found.any()
    # Beside a copy of 5 %, an allele of other molecules.
    copy = np.sort(5000 + rng.choice(2000, 100, replace=False))
    k, further = reads_of(rng, copy, 25, (5000, 7000))
    copy, k, further = copy[k >= 4], k[k >= 4], further[k >= 4]
    at, pos = np.searchsorted(copy, 6000), np.sort(np.append(copy, 6000))
    k, further = np.insert(k, at, 25), np.insert(further, at, 0.1)
    found = judged(pos, k / 5000, k, further, READ)
    assert not found[at] and found.mean() > 0.5
    # Nor does one of ten times the VAF count for the copy's.
    found = judged(pos, np.where(pos == 6000, 1.0, 10.0) * k / 5000, k,
                                    np.full(len(k), 1.5), READ)  # fmt: skip
    assert not found.any()


def test_the_control_region_and_long_reads_are_not_judged():
    rng = np.random.default_rng(14)
    copy = np.sort(16_100 + rng.choice(400, 20, replace=False))
    k, further = reads_of(rng, copy, 100, (16_000, 16_569))
    assert not judged(copy, k / 20_000, k, further, READ).any()
    inside = copy - 10_000
    assert judged(inside, k / 20_000, k, further, READ).any()
    assert not judged(inside, k / 20_000, k, further, np.nan).any()
    assert not judged(inside, k / 20_000, k, further * np.nan, READ).any()


@pytest.mark.parametrize("length", [75, 150, 250])
def test_the_length_of_reads_is_that_of_the_distances_to_their_ends(length):
    profile = np.zeros((64, 32), np.uint32)
    for distance in range(END, length // 2):
        profile[37, min(distance, 127) // 4] += 1000
    none = np.zeros((0, 4, 2), np.uint32)
    pairs = np.zeros((5, 0), np.uint32)
    sums = BaseSums(none, none, none, profile, pairs)
    assert nuclear_copies.read_length(sums, END) == pytest.approx(length, abs=5)
    profile[37, 31] += profile.sum() // 10
    assert np.isnan(nuclear_copies.read_length(sums, END))
    assert np.isnan(nuclear_copies.read_length(BaseSums(none, none, none, 0 * profile, pairs), END))


@pytest.mark.slow
def test_from_reads_to_calls_a_diverged_copy_leaves_few_alleles(tmp_path, prefix):
    """A whole sample at 1,800x in which 0.5 % of the reads of a place are of a copy of 3 %."""
    rng = np.random.default_rng(90)
    chosen = np.sort(START + 1 + rng.choice(LENGTH, int(0.03 * LENGTH), replace=False))
    share = 0.005 * LENGTH / 16_569
    sources = [
        Source(1.0 - share, [], "own"),
        Source(share, variants(chosen.tolist()), "numt", (START, LENGTH)),
    ]
    (found,) = count(tmp_path, prefix, sources, 120_000, [Counting()])
    counts = Counts(found.bases, empty_indels(), found.meta, found.sums)
    found = alleles_of(counts).bases
    found = found[found["minor"] & (found["q_value"] <= SETTINGS.max_fdr) & (found["vaf"] > 0.002)]
    assert set(found["pos"]) <= set(chosen)
    assert len(found) > 10 and (found["filter"] == "PASS").sum() <= 1


# ---------------------------------------------------------------- published copies

COPIES = GENOME.nuclear_copies


def filters(rng, at, allele, vaf, depth=4000):
    """Filters of significant minor alleles, by position and allele, without sums of reads."""
    bases = draw(rng, depth, rates(rng, 5e-5, 2e-4)).bases.astype(np.int64)
    for strand in range(2):
        moved = rng.binomial(bases[at, CODES[at], strand], vaf)
        bases[at, allele, strand] += moved
        bases[at, CODES[at], strand] -= moved
    counts = Counts(bases.astype(np.uint32), empty_indels(), {})
    settings = call.CallSettings()
    found = call.tested_alleles(counts, prediction(counts), GENOME, settings)
    table = found.bases[found.bases["minor"] & (found.bases["q_value"] <= settings.max_fdr)]
    codes = [BASES.index(alt) for alt in table["alt"]]
    return dict(zip(zip(table["pos"] - 1, codes, strict=True), table["filter"], strict=True))


def test_alleles_of_a_published_copy_are_marked_where_most_of_them_are_present():
    rng = np.random.default_rng(21)
    copy = max(COPIES, key=lambda one: len(one.pos))
    assert len(copy.pos) > 75
    true = np.array([5000, 6000])  # another VAF, another allele
    at, allele = np.append(copy.pos, true), np.append(copy.allele, CODES[true] ^ 2)
    found = filters(rng, at, allele, np.append(np.full(len(copy.pos), 0.005), [0.02, 0.006]))
    marks = [found[key] for key in zip(copy.pos, copy.allele, strict=True) if key in found]
    assert len(marks) > 60 and set(marks) == {"nuclear_copy"}
    assert {found[at, CODES[at] ^ 2] for at in true} == {"PASS"}
    # A third of them are not the copy; above calling.max_nuclear_vaf nothing is.
    few = slice(None, None, 3)
    assert set(filters(rng, copy.pos[few], copy.allele[few], 0.01).values()) == {"PASS"}
    assert set(filters(rng, copy.pos, copy.allele, 0.08).values()) == {"PASS"}


def test_no_human_haplotype_has_most_alleles_of_a_published_copy():
    rng = np.random.default_rng(22)
    at = np.array(L0A) - 1
    found = filters(rng, at, CODES[at] ^ 2, 0.01)
    assert len(found) > 70 and not any("nuclear_copy" in text for text in found.values())
    person = set(zip(at, CODES[at] ^ 2, strict=True))
    for copy in COPIES:
        alleles = set(zip(copy.pos, copy.allele, strict=True))
        if len(alleles) >= nuclear_copies.MIN_ALLELES:
            assert len(alleles & person) < 0.5 * len(alleles)


def test_copies_are_looked_for_where_enough_is_covered():
    copy = max(COPIES, key=lambda one: len(one.pos))
    n = len(copy.pos)
    own, vaf, p = CODES.copy(), np.full(n, 0.01), np.full(n, 1e-9)

    def marked(covered):
        minor = nuclear_copies.MinorAlleles(copy.pos, copy.allele, vaf, np.full(n, 9), p, vaf)
        return nuclear_copies.of_published_copies(minor, [copy], own, covered)

    everywhere = np.ones(len(own), bool)
    assert marked(everywhere).all()
    region = everywhere.copy()
    region[copy.pos[nuclear_copies.MIN_ALLELES :]] = False
    assert marked(region).sum() == nuclear_copies.MIN_ALLELES
    region[copy.pos[0]] = False
    assert not marked(region).any()
    # An allele of the copy that is the sample's own cannot be a minor allele.
    own[copy.pos[: n - nuclear_copies.MIN_ALLELES + 1]] = copy.allele[
        : n - nuclear_copies.MIN_ALLELES + 1
    ]
    assert not marked(everywhere).any()
