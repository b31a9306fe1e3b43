"""Reads agree with their molecules: VAFs, linkage, the origin, the placeholder, damage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import RCRS
from simulated_fastq import CLEAN, codes_of, place, read_fastq, word_vaf, words
from simulated_reads import complement

from mitotransfer.simulate import genomes, noise
from mitotransfer.simulate import samples as simulate_samples
from mitotransfer.simulate.library import Source


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


@pytest.mark.slow
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
