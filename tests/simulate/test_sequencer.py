"""Reads have the coverage, lengths, duplicates and VAFs that were asked for.

Reads are checked without an aligner: by exact words of the reads, or by placing them
where the trace, which is never written, says that they came from.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import RCRS
from simulated_fastq import CLEAN, codes_of, place, read_fastq, word_vaf, words
from simulated_reads import complement

from mitotransfer.genome import reference
from mitotransfer.simulate import genomes, noise
from mitotransfer.simulate import samples as simulate_samples
from mitotransfer.simulate.library import Source
from mitotransfer.simulate.sequencer import pairs_for_depth


def test_mates_pair_and_names_are_unique(noisy: dict) -> None:
    first, second = noisy["names"]
    bare = [name.split()[0] for name in first]
    assert bare == [name.split()[0] for name in second]
    assert len(set(bare)) == len(bare)
    assert all(name.split()[1].startswith("1:N:0:") for name in first)
    assert all(name.split()[1].startswith("2:N:0:") for name in second)


def test_order_and_names_tell_nothing_of_origin(noisy: dict) -> None:
    trace, n = noisy["trace"], len(noisy["trace"].start)
    x = np.array([int(name.split()[0].split(":")[5]) for name in noisy["names"][0]])
    order = np.arange(n)
    for origin in (trace.start, trace.copy, trace.forward, trace.insert):
        for told in (x, order):
            assert abs(np.corrcoef(origin, told)[0, 1]) < 5 / np.sqrt(n)
    # Copies of one fragment do not follow each other.
    neighbours = (np.diff(trace.start) == 0) & (np.diff(trace.insert) == 0)
    assert neighbours.mean() < 0.002


def test_gzip_has_no_time_stamp(noisy: dict) -> None:
    for path in noisy["paths"]:
        assert path.read_bytes()[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_coverage_is_even_across_the_origin_and_none_at_the_placeholder(noisy: dict) -> None:
    depth = noisy["seen"].sum(axis=(0, 2, 3, 4))
    assert depth[reference.PLACEHOLDER] == 0
    windows = np.roll(depth, 50)[: 16500 // 100 * 100].reshape(-1, 100).mean(axis=1)
    others = np.delete(windows, [0, (3106 + 50) // 100])
    # The spread of the other windows is the Monte Carlo error.
    assert abs(windows[0] - others.mean()) < 4 * others.std()
    assert others.std() / others.mean() < 0.06


def test_depth_is_what_was_asked(noisy: dict) -> None:
    model, trace = noisy["model"], noisy["trace"]
    covered = np.minimum(trace.insert, 300).sum() / 16568
    assert pairs_for_depth(covered, model) == pytest.approx(len(trace.start), rel=0.01)


def test_inserts_follow_the_distribution(noisy: dict) -> None:
    sizes, weights = noisy["model"].sequencing.insert_distribution()
    insert = noisy["trace"].insert
    mean = (sizes * weights).sum()
    spread = np.sqrt((sizes**2 * weights).sum() - mean**2)
    assert insert.min() >= 150
    assert insert.mean() == pytest.approx(mean, abs=4 * spread / np.sqrt(len(insert) / 1.2))
    assert insert.std() == pytest.approx(spread, rel=0.03)


def test_duplicates_have_their_share_and_are_true_copies(noisy: dict) -> None:
    trace = noisy["trace"]
    share = (trace.copy > 0).mean()
    assert share == pytest.approx(0.08, abs=4 * np.sqrt(0.08 / 20_000))
    keys = Counter(zip(trace.start, trace.insert, trace.forward, strict=True))
    copies = np.flatnonzero(trace.copy > 0)
    assert all(keys[trace.start[i], trace.insert[i], trace.forward[i]] > 1 for i in copies[:500])


def test_mates_share_damage_but_not_read_errors(tmp_path: Path) -> None:
    sequencing = replace(CLEAN, fragment_error=5e-3, insert_mean=160, insert_sd=5)
    model = noise.cohort_noise(sequencing, RCRS, 1)
    paths = tmp_path / "1.gz", tmp_path / "2.gz"
    trace = simulate_samples.reads([], 3000, *paths, seed=1, noise=model)
    wrong = []
    for mate, path in enumerate(paths):
        codes = codes_of(read_fastq(path)[1])
        where, strand = place(trace, 150, mate)
        codes = np.where(strand[:, None] == 1, np.where(codes < 4, 3 - codes, 4), codes)
        bad = (codes < 4) & (codes != RCRS.codes[where])
        wrong.append({(i, where[i, j]) for i, j in zip(*np.nonzero(bad), strict=True)})
    rate = len(wrong[0]) / (3000 * 150)
    assert rate == pytest.approx(5e-3, rel=0.2)
    assert len(wrong[0] & wrong[1]) > 0.85 * len(wrong[0])


def test_vafs_of_snvs_and_indels_are_as_asked(tmp_path: Path) -> None:
    variants = [
        genomes.draw_snv(genomes.stream(1, "x"), RCRS, 1000, 0.3, "somatic"),
        genomes.draw_snv(genomes.stream(2, "x"), RCRS, 8000, 0.05, "somatic"),
        genomes.make_deletion(RCRS, 5000, 0.6, "indel"),
        genomes.make_insertion(RCRS, 12000, "G", 0.4, "indel"),
        genomes.draw_snv(genomes.stream(3, "x"), RCRS, 15000, 1.0, "haplotype"),
    ]
    table = pd.DataFrame(variants)
    model = noise.cohort_noise(CLEAN, RCRS, 1)
    paths = tmp_path / "1.gz", tmp_path / "2.gz"
    simulate_samples.reads(table, 25_000, *paths, seed=3, noise=model)
    for variant in variants:
        found, depth = word_vaf(paths, *words(variant))
        # Overlapping mates count twice here.
        error = np.sqrt(variant.vaf * (1 - variant.vaf) / depth * 2)
        assert depth > 200
        assert found == pytest.approx(variant.vaf, abs=4 * error + 1e-12)


def test_a_heteroplasmy_at_the_origin_keeps_its_vaf(tmp_path: Path) -> None:
    model = noise.cohort_noise(CLEAN, RCRS, 1)
    paths = tmp_path / "1.gz", tmp_path / "2.gz"
    ends = [genomes.draw_snv(genomes.stream(1, p), RCRS, p, 0.25, "somatic") for p in (1, 16569)]
    circle = RCRS.sequence[-15:] + RCRS.sequence[:15]
    for variant, index in zip(ends, (15, 14), strict=True):
        simulate_samples.reads([variant], 12_000, *paths, seed=variant.pos, noise=model)
        alt = circle[:index] + variant.alt + circle[index + 1 :]
        found, depth = word_vaf(paths, circle, alt)
        assert depth > 100
        assert found == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / depth * 2))


def test_the_placeholder_is_in_no_read(tmp_path: Path) -> None:
    model = noise.cohort_noise(CLEAN, RCRS, 1)
    paths = tmp_path / "1.gz", tmp_path / "2.gz"
    simulate_samples.reads([], 5_000, *paths, seed=1, noise=model)
    text = "\n".join(read for path in paths for read in read_fastq(path)[1])
    left, right = RCRS.sequence[3096:3106], RCRS.sequence[3107:3117]
    assert text.count(left + right) + text.count(complement(left + right)) > 20
    assert all(left + base + right not in text for base in "ACGT")


def test_two_pools_are_linked_within_fragments(tmp_path: Path) -> None:
    """A fragment of the tumour carries all of the tumour's fixed variants."""
    pair = [genomes.draw_snv(genomes.stream(1, p), RCRS, p, 1.0, "somatic") for p in (4000, 4030)]
    model = noise.cohort_noise(CLEAN, RCRS, 1)
    paths = tmp_path / "1.gz", tmp_path / "2.gz"
    simulate_samples.reads(
        [Source(0.8, []), Source(0.2, pair)], 15_000, *paths, seed=1, noise=model
    )
    text = "\n".join(read for path in paths for read in read_fastq(path)[1])
    start, end = 3989, 4040
    plain = RCRS.sequence[start:end]
    changed = [list(plain), list(plain), list(plain)]
    for row, variant in ((0, 0), (1, 1), (2, 0), (2, 1)):
        changed[row][pair[variant].pos - 1 - start] = pair[variant].alt
    tally = [
        text.count(word) + text.count(complement(word))
        for word in (plain, *("".join(row) for row in changed))
    ]
    assert tally[1] == tally[2] == 0
    share = tally[3] / (tally[0] + tally[3])
    assert share == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / sum(tally) * 2))
