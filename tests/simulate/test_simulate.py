"""The simulator against its own claims: every rate that it promises is found in its output.

Reads are checked without an aligner: by exact words of the reads, or by placing them
where the trace, which is never written, says that they came from.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import RCRS, REPOSITORY
from simulated_reads import complement
from tsv import read_rows

from mitotransfer.genome import reference
from mitotransfer.inputs import sheets
from mitotransfer.simulate import genomes, noise, sequencer, truth
from mitotransfer.simulate import samples as simulate_samples
from mitotransfer.simulate.files import write_cohort, write_sample
from mitotransfer.simulate.library import Source, allele_shares, compile_sources
from mitotransfer.simulate.scenario import VERDICTS, Scenario, load_scenario, parse_scenario
from mitotransfer.simulate.sequencer import pairs_for_depth
from mitotransfer.simulate.tally import draw_counts

DEMO = REPOSITORY / "config" / "simulation_demo.yaml"
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")

CLEAN = noise.Sequencing(
    read_error_floor=0, fragment_error=0, quality_calibration=0, hot_spots=0, numt_share=0,
    index_hopping=0, duplicates=0,
)  # fmt: skip


def read_fastq(path: Path) -> tuple[list[str], list[str], list[str]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert len(lines) % 4 == 0
    assert set(lines[2::4]) <= {"+"}
    return lines[0::4], lines[1::4], lines[3::4]


def codes_of(reads: list[str]) -> np.ndarray:
    """Reads of one length as codes, (reads, cycles)."""
    return reference.encode("".join(reads)).reshape(len(reads), -1).astype(np.int64)


def place(trace: sequencer.Trace, length: int, mate: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions (reads, cycles) in reading order and strand of SNV-only reads of one mate."""
    alive = np.flatnonzero(RCRS.codes < 4)  # the circle without the placeholder
    rank = np.zeros(reference.LENGTH, np.int64)
    rank[alive] = np.arange(len(alive))
    reverse = (mate == 0) != (trace.forward == 1)
    first = rank[trace.start]
    cycle = np.arange(length)
    onward = first[:, None] + cycle
    backward = (first + trace.insert - 1)[:, None] - cycle
    return alive[np.where(reverse[:, None], backward, onward) % len(alive)], reverse.astype(int)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """20,000 pairs of rCRS itself with default errors and a known noise."""
    folder = tmp_path_factory.mktemp("noisy")
    model = noise.cohort_noise(noise.Sequencing(duplicates=0.08, numt_share=0), RCRS, 5)
    rates = noise.sample_noise(model, genomes.stream(5, "rates"))
    paths = folder / "a_R1.fastq.gz", folder / "a_R2.fastq.gz"
    trace = sequencer.write_reads(
        [Source(1.0, [])], 20_000, genomes.stream(5, "reads"), *paths, RCRS, model, rates, "a"
    )
    seen = np.zeros((2, reference.LENGTH, 4, 4, 2), np.int64)  # quality >= 30 or not
    names = []
    for mate, path in enumerate(paths):
        name, bases, qualities = read_fastq(path)
        names.append(name)
        where, strand = place(trace, 150, mate)
        codes = codes_of(bases)
        codes = np.where(strand[:, None] == 1, np.where(codes < 4, 3 - codes, 4), codes)
        level = np.frombuffer("".join(qualities).encode(), np.uint8).reshape(codes.shape) - 33
        used = codes < 4
        index = (
            (level >= 30).astype(int), where, RCRS.codes[where].astype(int), codes,
            np.broadcast_to(strand[:, None], codes.shape),
        )  # fmt: skip
        np.add.at(seen, tuple(part[used] for part in index), 1)
    return {"trace": trace, "names": names, "seen": seen, "model": model, "rates": rates,
            "paths": paths}  # fmt: skip


# --- files ---------------------------------------------------------------------


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


# --- coverage --------------------------------------------------------------------


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


# --- errors ------------------------------------------------------------------------


def mismatches(seen: np.ndarray) -> tuple[int, int]:
    total = int(seen.sum())
    return total - int(np.einsum("pbbs->", seen)), total


def test_errors_at_high_quality_have_a_floor_that_qualities_do_not_tell(noisy: dict) -> None:
    wrong, total = mismatches(np.delete(noisy["seen"][1], hot_positions(noisy), axis=0))
    rates, model = noisy["rates"], noisy["model"].sequencing
    composition = np.bincount(RCRS.codes, minlength=5)[:4] / 16568
    untold = np.delete(rates.read_rate, hot_positions(noisy), axis=0).mean(axis=(0, 3))
    expected = (untold.sum(axis=1) * composition).sum()
    expected += (noise.oriented(rates.fragment_rate).mean(-1).sum(1) * composition).sum()
    expected += model.quality_calibration * 10**-3.7
    assert expected == pytest.approx(6.5e-4, rel=0.35)
    assert wrong / total == pytest.approx(expected, abs=5 * np.sqrt(expected / total))
    assert wrong / total > 2 * 10**-3.7


def hot_positions(noisy: dict) -> list[int]:
    return [spot.pos - 1 for spot in noisy["model"].hot_spots]


def test_low_qualities_err_as_they_say_times_the_calibration(noisy: dict) -> None:
    wrong, total = mismatches(np.delete(noisy["seen"][0], hot_positions(noisy), axis=0))
    profile = noise.quality_profile(150).mean(axis=2)
    poor = np.array(noise.POOR_READS)
    bins = (profile[:, 0] * (1 - poor)[:, None] + profile[:, 1] * poor[:, None]).mean(axis=0)
    told = (bins[1:3] * noise.told_errors(noisy["model"].sequencing)[1:3]).sum() / bins[1:3].sum()
    assert wrong / total == pytest.approx(told + 5e-4, rel=0.05)


def test_quality_bins_have_their_shares_and_fall_with_the_cycle(noisy: dict) -> None:
    for mate, path in enumerate(noisy["paths"]):
        _, _, qualities = read_fastq(path)
        level = np.frombuffer("".join(qualities).encode(), np.uint8).reshape(-1, 150) - 33
        assert set(np.unique(level)) == set(noise.QUALITIES.tolist())
        poor = noise.POOR_READS[mate]
        profile = noise.quality_profile(150)[mate]
        expected = (1 - poor) * profile[0] + poor * profile[1]
        low = (level < 30).mean(axis=0)
        # Reads are independent, so a cycle's share is binomial.
        for cycle in (10, 75, 149):
            p = 1 - expected[cycle, 3]
            # The bins persist along the read: the share lags by a cycle or two.
            assert low[cycle] == pytest.approx(p, abs=5 * np.sqrt(p / 20_000) + 0.05 * p)
        assert low[149] > 2 * low[20]


def test_oxidation_differs_between_strands(noisy: dict) -> None:
    seen = np.delete(noisy["seen"][1], hot_positions(noisy), axis=0).sum(axis=0)
    rate = seen / seen.sum(axis=1, keepdims=True)
    g, t, c, a = 2, 3, 1, 0
    # As read G>T: on the forward strand G>T, on the reverse strand C>A of the reference.
    assert rate[g, t, 0] > 1.3 * rate[g, t, 1]
    assert rate[c, a, 1] > 1.3 * rate[c, a, 0]
    assert rate[g, t].mean() > 1.5 * rate[t, g].mean()


def test_hot_spots_are_on_one_strand(noisy: dict) -> None:
    model, rates = noisy["model"], noisy["rates"]
    assert len(model.hot_spots) == 36
    found, expected, other, depth = 0, 0.0, 0, 0
    for spot, rate in zip(model.hot_spots, rates.hot_spots, strict=True):
        assert RCRS.sequence[spot.pos - 1] == spot.ref != spot.alt
        cell = noisy["seen"][:, spot.pos - 1, "ACGT".index(spot.ref)].sum(axis=0)
        alt = "ACGT".index(spot.alt)
        found += cell[alt, spot.strand]
        expected += rate * cell[:, spot.strand].sum()
        other += cell[alt, 1 - spot.strand]
        depth += cell[:, 1 - spot.strand].sum()
    assert found == pytest.approx(expected, abs=5 * np.sqrt(expected) + 0.05 * expected)
    assert other / depth < 0.002


def test_hot_spots_vary_between_samples_more_than_by_chance() -> None:
    model = noise.cohort_noise(noise.Sequencing(), RCRS, 1)
    drawn = np.array(
        [noise.sample_noise(model, genomes.stream(1, i)).hot_spots for i in range(200)]
    )
    mean = np.array([spot.rate for spot in model.hot_spots])
    assert np.allclose(drawn.mean(axis=0), mean, rtol=5 * 0.5 / np.sqrt(200))
    assert np.median(drawn.std(axis=0) / mean) == pytest.approx(0.5, rel=0.1)
    assert np.log10(mean.min()) > -3 and mean.max() <= 0.03


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


# --- variants -----------------------------------------------------------------------


def word_vaf(paths: tuple[Path, Path], ref_word: str, alt_word: str) -> tuple[float, int]:
    """Share of reads with the alternative word among those with either, either way round."""
    reads = [read for path in paths for read in read_fastq(path)[1]]
    text = "\n".join(reads)
    ref, alt = (text.count(w) + text.count(complement(w)) for w in (ref_word, alt_word))
    return alt / (ref + alt), ref + alt


def words(variant: genomes.Variant, flank: int = 12) -> tuple[str, str]:
    start, end = variant.pos - 1, variant.pos - 1 + len(variant.ref)
    left, right = RCRS.sequence[start - flank : start], RCRS.sequence[end : end + flank]
    return left + variant.ref + right, left + variant.alt + right


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


def test_impossible_molecules_are_refused() -> None:
    good = genomes.Variant(1000, RCRS.sequence[999], "A" if RCRS.sequence[999] != "A" else "C", 0.7)
    with pytest.raises(ValueError, match="add up to 1"):
        compile_sources([Source(0.5, [good])], RCRS)
    with pytest.raises(ValueError, match="does not fit the reference"):
        wrong = "A" if RCRS.sequence[999] != "A" else "C"
        compile_sources([Source(1.0, [genomes.Variant(1000, wrong, "G", 0.5)])], RCRS)
    with pytest.raises(ValueError, match="more than all molecules"):
        other = next(b for b in "CGT" if b not in (good.ref, good.alt))
        compile_sources([Source(1.0, [good, good._replace(alt=other)])], RCRS)
    with pytest.raises(ValueError, match="overlaps"):
        deletion = genomes.Variant(999, RCRS.sequence[998:1001], RCRS.sequence[998], 0.5)
        compile_sources([Source(1.0, [deletion, good])], RCRS)


def apply_variant(pos: int, ref: str, alt: str) -> str:
    assert RCRS.sequence[pos - 1 : pos - 1 + len(ref)] == ref
    return RCRS.sequence[: pos - 1] + alt + RCRS.sequence[pos - 1 + len(ref) :]


@given(st.integers(100, 16400), st.sampled_from("ACGT"))
def test_indels_are_normalised_without_changing_the_sequence(pos: int, base: str) -> None:
    deletion = genomes.make_deletion(RCRS, pos, 0.5, "indel")
    insertion = genomes.make_insertion(RCRS, pos, base, 0.5, "indel")
    sequence = RCRS.sequence
    assert apply_variant(*deletion.allele) == sequence[: pos - 1] + sequence[pos:]
    assert apply_variant(*insertion.allele) == sequence[: pos - 1] + base + sequence[pos - 1 :]
    for variant in (deletion, insertion):
        assert variant.ref[0] == variant.alt[0]
        # Leftmost: the last bases differ, or a further shift would keep the sequence.
        assert variant.ref[-1] != variant.alt[-1]


# --- people ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_people_differ_from_rcrs_and_from_each_other_as_people_do(seed: int) -> None:
    phylogeny = genomes.Haplotypes(RCRS, seed)
    people = [phylogeny.person(f"P{i}") for i in range(60)]
    alleles = [{v.allele for v in variants if len(v.ref) == len(v.alt)} for _, variants in people]
    sizes = [len(found) for found in alleles]
    assert min(sizes) >= 20 and max(sizes) <= 45
    shared, apart = [], []
    for i in range(60):
        for j in range(i):
            apart.append(len(alleles[i] ^ alleles[j]))
            if people[i][0] == people[j][0]:
                shared.append(len(alleles[i] & alleles[j]))
    assert min(apart) >= 15
    assert min(shared) >= 15  # people of one subclade share the root and both blocks
    substitutions = [v for _, variants in people for v in variants if len(v.ref) == len(v.alt)]
    transitions = np.mean([genomes.TRANSITION[v.ref] == v.alt for v in substitutions])
    assert 0.9 < transitions < 1.0
    inside = genomes.tract_positions()
    assert not any(v.pos in inside for v in substitutions)


def test_a_clade_can_be_chosen_or_is_refused() -> None:
    phylogeny = genomes.Haplotypes(RCRS, 1)
    first, second = (set(phylogeny.person(name, "5.1")[1]) for name in ("A", "B"))
    assert len(first & second) >= 15
    for clade in ("99.0", "x", "1", "-1.0"):
        with pytest.raises(ValueError, match="clade"):
            phylogeny.person("A", clade)


def test_drift_has_the_mean_and_variance_of_the_theory() -> None:
    rng = genomes.stream(1, "drift")
    drawn = np.array([genomes.drift(rng, 0.3, 0.1) for _ in range(5000)])
    variance = 0.1 * 0.3 * 0.7
    assert drawn.mean() == pytest.approx(0.3, abs=4 * np.sqrt(variance / 5000))
    assert drawn.var() == pytest.approx(variance, rel=0.1)
    assert genomes.drift(rng, 0.3, 0.0) == 0.3
    assert genomes.drift(rng, 1.0, 0.1) == 1.0


def test_nuclear_copies_diverge_and_stay_in_their_segments(tmp_path: Path) -> None:
    scenario = small_scenario()
    model = replace(scenario.sequencing, numt_share=0.05, index_hopping=0.0)
    drawn = truth.draw_truth(replace(scenario, sequencing=model), 4)
    for start, length, variants in drawn.numts:
        assert 900 <= length < 3000
        assert 0.029 < len(variants) / length < 0.081
        inside = {(start + i) % reference.LENGTH + 1 for i in range(length)}
        assert {v.pos for v in variants} <= inside
    trace = write_sample(drawn, "A-til", tmp_path / "1.gz", tmp_path / "2.gz")
    sources = drawn.library("A-til")
    numt = np.array([source.label == "numt" for source in sources])[trace.source]
    n = len(numt)
    assert numt.mean() == pytest.approx(0.05, abs=5 * np.sqrt(0.05 / n))
    for index, source in enumerate(sources):
        if source.segment is not None:
            chosen = trace.source == index
            offset = (trace.start[chosen] - source.segment[0]) % reference.LENGTH
            assert (offset + trace.insert[chosen] <= source.segment[1] + 1).all()


# --- cohorts ------------------------------------------------------------------------------


def small_scenario(**changes: object) -> Scenario:
    raw = {
        "depth": {"tumor": 20, "immune": 40, "normal": 20},
        "sequencing": {"hot_spots": 10},
        "patients": [
            {
                "patient": name,
                "batch": "b1" if name != "C" else "b2",
                "expected": "transfer_supported",
                "somatic": [1.0, 0.5, {"vaf": 0.4, "type": "deletion"}],
                "inherited": [0.3],
                "nuclear": {"loci": 400, "depth": 100},
                "covariates": {"cancer_type": "lung", "mood": 3},
                "samples": [
                    {"sample": f"{name}-tumor", "role": "tumor", "mtdna_copies": 800},
                    {"sample": f"{name}-til", "role": "immune", "transfer": 0.2,
                     "tumor_cells": 0.05, "mtdna_copies": 100, "timepoint": 1},
                    {"sample": f"{name}-blood", "role": "normal"},
                ],
            }
            for name in "ABC"
        ],
    }  # fmt: skip
    raw.update(changes)
    return parse_scenario(raw)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "out"
    write_cohort(small_scenario(), 7, folder)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(str(folder).encode(), b"DIR")
        for path in files
    }


def test_same_seed_same_bytes_whatever_the_threads(written: Path, tmp_path: Path) -> None:
    write_cohort(small_scenario(), 7, tmp_path / "again", threads=3)
    assert content(written) == content(tmp_path / "again")
    write_cohort(small_scenario(), 8, tmp_path / "other")
    ours, theirs = content(written), content(tmp_path / "other")
    assert ours.keys() == theirs.keys()
    assert all(ours[name] != theirs[name] for name in ours if name.startswith(("fastq", "nucl")))


def test_another_batch_changes_nothing_here(written: Path, tmp_path: Path) -> None:
    scenario = small_scenario()
    fewer = replace(scenario, patients=scenario.patients[:2])
    write_cohort(fewer, 7, tmp_path / "fewer")
    ours, theirs = content(written), content(tmp_path / "fewer")
    files = [name for name in theirs if name.startswith(("fastq", "nuclear"))]
    assert len(files) == 18
    assert all(ours[name] == theirs[name] for name in files)


def test_sheets_are_what_the_pipeline_reads(written: Path) -> None:
    schemas = [
        json.loads((REPOSITORY / "config" / "schemas" / f"{kind}.schema.json").read_text())
        for kind in ("samples", "patients")
    ]
    paths = str(written / "samples.tsv"), str(written / "patients.tsv")
    cohort = sheets.read_cohort(*paths, *schemas, ["mood"])
    assert not cohort.warnings
    assert len(cohort.samples) == 9
    til = cohort.samples["A-til"]
    assert til.patient == "A" and til.role == "immune"
    assert til.fields["mtdna_copies"] == "100"
    assert all(Path(path).is_file() for path in til.read_files)
    assert Path(til.fields["nuclear_counts"]).is_file()
    assert cohort.patients["A"].fields["mood"] == "3"


def test_truth_tables_add_up(written: Path) -> None:
    rows = {row["sample"]: row for row in read_rows(written / "truth" / "truth_samples.tsv")}
    assert set(rows) == {"A-til", "B-til", "C-til"}
    cells = 0.05 * 8 / (0.05 * 8 + 0.95)
    row = rows["A-til"]
    assert float(row["contamination_fraction"]) == pytest.approx(cells, rel=1e-4)
    assert float(row["transfer_fraction"]) == pytest.approx(0.2 * (1 - cells), rel=1e-4)
    assert float(row["tumor_fraction"]) == pytest.approx(cells + 0.2 * (1 - cells), rel=1e-4)
    assert float(row["crosstalk"]) == 0.0008
    variants = read_rows(written / "truth" / "truth_variants.tsv")
    somatic = [v for v in variants if v["patient"] == "A" and v["kind"] in ("somatic", "indel")]
    by_sample = {name: {} for name in ("A-tumor", "A-til", "A-blood")}
    for v in somatic:
        by_sample[v["sample"]][v["pos"]] = float(v["vaf"])
    assert sorted(by_sample["A-tumor"].values()) == [0.4, 0.5, 1.0]
    for pos, vaf in by_sample["A-tumor"].items():
        assert by_sample["A-til"][pos] == pytest.approx(
            vaf * float(row["tumor_fraction"]), rel=1e-4
        )
        assert by_sample["A-blood"][pos] == 0
    assert {v["kind"] for v in variants} == {
        "haplotype", "somatic", "indel", "inherited", "hotspot",
    }  # fmt: skip
    identity = read_rows(written / "truth" / "truth_identity.tsv")
    assert all(row["person"] == row["patient"] for row in identity)


def test_nuclear_counts_show_the_tumour_cells(written: Path) -> None:
    def share(sample: str) -> tuple[float, float, int]:
        rows = read_rows(written / "nuclear" / f"{sample}.tsv")
        assert len(rows) == 400
        alt = sum(int(row["alt_count"]) for row in rows)
        depth = alt + sum(int(row["ref_count"]) for row in rows)
        weighted = sum(
            float(r["tumor_vaf"]) * (int(r["alt_count"]) + int(r["ref_count"])) for r in rows
        )
        return alt / depth, weighted / depth, depth

    clean, _, depth = share("A-blood")
    assert clean == pytest.approx(0.0008, abs=4 * np.sqrt(0.0008 / depth))
    dirty, vaf, depth = share("A-til")
    expected = 0.05 * vaf + (1 - 0.05 * vaf) * 0.0008
    assert dirty == pytest.approx(expected, abs=4 * np.sqrt(expected / depth))
    tumor, vaf, depth = share("A-tumor")
    assert tumor == pytest.approx(vaf, abs=5 * np.sqrt(0.24 / depth))


def test_index_hopping_brings_batch_mates_in_proportion(tmp_path: Path) -> None:
    scenario = small_scenario()
    scenario = replace(
        scenario, sequencing=replace(scenario.sequencing, index_hopping=0.1, numt_share=0)
    )
    drawn = truth.draw_truth(scenario, 3)
    sources = drawn.library("A-til")
    weights = Counter()
    for source in sources:
        weights[source.label] += source.weight
    assert sum(weights.values()) == pytest.approx(1)
    # Depths of the mates: 20 (tumour), 20 (blood), and B's 20, 40, 20.
    assert weights["hop B-til"] == pytest.approx(0.1 * 40 / 120)
    assert weights["hop A-tumor"] == pytest.approx(0.1 * 20 / 120)
    assert not any("C-" in label for label in weights)
    trace = write_sample(drawn, "A-til", tmp_path / "1.gz", tmp_path / "2.gz")
    hopped = np.array([source.label.startswith("hop") for source in sources])[trace.source]
    assert hopped.mean() == pytest.approx(0.1, abs=5 * np.sqrt(0.1 / len(hopped)))


def test_a_swapped_library_holds_the_other_sample() -> None:
    raw = small_scenario()
    patients = list(raw.patients)
    samples = list(patients[1].samples)
    samples[1] = replace(samples[1], swapped_with="A-til")
    patients[1] = replace(patients[1], samples=samples)
    drawn = truth.draw_truth(replace(raw, patients=patients), 3)
    assert drawn.samples["B-til"].person == "A"
    assert drawn.samples["B-til"].variants == drawn.samples["A-til"].variants
    assert drawn.samples["B-til"].tumor_fraction == 0
    assert drawn.samples["B-tumor"].person == "B"


def changed(**samples: dict[str, Any]) -> truth.Truth:
    """The small scenario with keys of A's samples changed, and a copy of the blood."""
    raw = small_scenario()
    plans = [replace(s, **samples.get(s.sample[2:], {})) for s in raw.patients[0].samples]
    plans.append(replace(plans[2], sample="A-copy", role="tumor", copy_of="A-blood"))
    return truth.draw_truth(
        replace(raw, patients=[replace(raw.patients[0], samples=plans), *raw.patients[1:]]), 3
    )


def test_labels_exchanged_within_a_patient() -> None:
    plain = changed()
    drawn = changed(til={"swapped_with": "A-tumor"}, tumor={"swapped_with": "A-til"})
    assert drawn.samples["A-til"].variants == plain.samples["A-tumor"].variants
    assert drawn.samples["A-tumor"].variants == plain.samples["A-til"].variants
    assert drawn.samples["A-til"].tumor_cells == 1
    assert drawn.samples["A-tumor"].tumor_cells == 0.05


def test_strangers_free_mtdna_and_other_samples_cells() -> None:
    plain = changed()
    drawn = changed(
        til={"stranger": 0.1, "ambient": 0.2, "transfer": 0.0, "tumor_cells": 0.0},
        tumor={"admixed": {"A-til": 0.25}},
    )
    til, tumor = drawn.samples["A-til"], drawn.samples["A-tumor"]
    own = {v.allele for v in plain.samples["A-blood"].variants}
    strange = {v.allele for v in drawn.patients["A"].stranger} - own
    vaf = {v.allele: v.vaf for v in til.variants}
    assert len(strange) >= 15 and all(vaf[a] == pytest.approx(0.1) for a in strange)
    assert (til.transfer, til.contamination) == (0, pytest.approx(0.2 * 0.9))
    assert til.tumor_cells == 0 and tumor.tumor_cells == 0.75
    assert {v.allele: v.vaf for v in tumor.variants}[min(strange)] == pytest.approx(0.025)


def test_a_copy_has_the_very_reads() -> None:
    drawn = changed()
    assert np.array_equal(
        simulate_samples.counts(drawn, "A-copy"), simulate_samples.counts(drawn, "A-blood")
    )


@pytest.mark.parametrize(
    "changes", [{"copy_of": "nobody"}, {"admixed": {"nobody": 0.1}}, {"stranger": 1.2},
                {"admixed": {"A-blood": 0.6}, "stranger": 0.6}],
)  # fmt: skip
def test_impossible_mixtures_are_named(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="A-til: "):
        changed(til=changes)


def test_an_allogeneic_tumour_is_another_person() -> None:
    raw = small_scenario()
    patients = [replace(raw.patients[0], design="allogeneic"), *raw.patients[1:]]
    drawn = truth.draw_truth(replace(raw, patients=patients), 3)
    tumor = {v.allele for v in drawn.samples["A-tumor"].variants if v.kind == "haplotype"}
    blood = {v.allele for v in drawn.samples["A-blood"].variants if v.kind == "haplotype"}
    assert len(tumor ^ blood) >= 15
    mixed = {v.allele: v.vaf for v in drawn.samples["A-til"].variants}
    fraction = drawn.samples["A-til"].tumor_fraction
    assert all(mixed[a] == pytest.approx(fraction) for a in tumor - blood)


# --- counts without reads --------------------------------------------------------------------


@pytest.mark.parametrize("duplicates", [0.0, 0.2])
def test_counts_have_the_mean_and_variance_of_the_model(duplicates: float) -> None:
    base = RCRS.sequence[1999]
    alt = genomes.TRANSITION[base]
    variant = genomes.Variant(2000, base, alt, 0.2)
    sequencing = replace(CLEAN, duplicates=duplicates)
    model = noise.cohort_noise(sequencing, RCRS, 1)
    n, depth = 150, 200
    drawn = np.array(
        [simulate_samples.counts([variant], f"s{i}", depth=depth, seed=9, noise=model)[1990:2010]
         for i in range(n)]
    )  # fmt: skip
    found = drawn[:, 9, "ACGT".index(alt)]  # (n, strand)
    mean = depth / 2 * 0.2
    # Copies are geometric: E[k^2] / E[k] = (1 + d) / (1 - d).
    factor = (1 + duplicates) / (1 - duplicates)
    assert found.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean * factor / (2 * n)))
    assert found.var() == pytest.approx(mean * factor, rel=4 * np.sqrt(2 / (2 * n)) * factor)
    total = drawn.sum(axis=2)
    assert total.mean() == pytest.approx(depth / 2, rel=0.01)
    assert total.var(axis=0).mean() == pytest.approx(depth / 2 * factor, rel=0.1)


def test_counts_and_reads_agree(noisy: dict) -> None:
    """Error rates of the quick path are those found in the reads of the same noise."""
    model, rates, seen = noisy["model"], noisy["rates"], noisy["seen"][1].sum(axis=(0))
    counts = np.zeros((4, 4, 2))
    for i in range(10):
        bases = draw_counts(
            [Source(1.0, [])], 1000, genomes.stream(1, i), RCRS, model, rates, min_quality=30
        )
        for base in range(4):
            counts[base] += bases[base == RCRS.codes].sum(axis=0)
    off = ~np.eye(4, dtype=bool)
    quick = (counts / counts.sum(axis=1, keepdims=True))[off]
    slow = (seen / seen.sum(axis=1, keepdims=True))[off]
    error = np.sqrt(slow / np.repeat(seen.sum(axis=1), 3, axis=0))
    # Both draw hot spots; reads cluster through duplicates and shared damage.
    assert (np.abs(quick - slow) < 6 * error + 0.03 * slow).all()
    assert quick.shape == (12, 2)


def test_counts_know_deletions_numts_and_the_placeholder() -> None:
    deletion = genomes.make_deletion(RCRS, 5000, 0.5, "indel")
    shares = allele_shares([Source(1.0, [deletion])], RCRS)
    gone = deletion.pos  # 0-based index of the base after the anchor
    assert shares[gone].sum() == pytest.approx(0.5)
    assert shares[gone - 1].sum() == pytest.approx(1.0)
    assert shares[reference.PLACEHOLDER].sum() == 0
    numt = genomes.Variant(6001, RCRS.sequence[6000], genomes.TRANSITION[RCRS.sequence[6000]], 1.0)
    mixed = allele_shares([Source(0.99, []), Source(0.01, [numt], "numt", (5500, 1000))], RCRS)
    expected = 0.01 * 16569 / 1000
    assert mixed[6000, "ACGT".index(numt.alt)] == pytest.approx(expected)
    assert mixed[6000].sum() == pytest.approx(0.99 + expected)
    assert mixed[8000].sum() == pytest.approx(0.99)


def test_counts_of_a_cohort_follow_its_truth() -> None:
    drawn = truth.draw_truth(small_scenario().with_depth(2000), 5)
    bases = simulate_samples.counts(drawn, "A-til")
    assert bases.shape == (16569, 4, 2) and bases.dtype == np.uint32
    assert (bases == simulate_samples.counts(drawn, "A-til")).all()
    assert bases.sum() / 16568 == pytest.approx(2000, rel=0.02)
    for variant in drawn.samples["A-til"].variants:
        if len(variant.ref) == len(variant.alt):
            row = bases[variant.pos - 1].sum(axis=1)
            vaf = row["ACGT".index(variant.alt)] / row.sum()
            error = np.sqrt(variant.vaf * (1 - variant.vaf) / row.sum() * 1.2)
            # 1 % slack where the true VAF is 1: errors and hopped reads.
            assert vaf == pytest.approx(variant.vaf, abs=4 * error + 0.004)


def test_large_cohorts_can_be_drawn() -> None:
    scenario = small_scenario().repeated(40)
    drawn = truth.draw_truth(scenario, 1)
    assert len(drawn.samples) == 360
    assert len({tuple(p.somatic) for p in drawn.patients.values()}) == 120


# --- the demo --------------------------------------------------------------------------------


def test_the_demo_covers_every_verdict() -> None:
    scenario = load_scenario(DEMO)
    assert {patient.expected for patient in scenario.patients} == set(VERDICTS)
    samples = [sample for patient in scenario.patients for sample in patient.samples]
    for patient in scenario.patients:
        assert {sample.role for sample in patient.samples} == {"tumor", "immune", "normal"}
    assert len({patient.batch for patient in scenario.patients}) == 2
    depth = [sample.depth or scenario.depth[sample.role] for sample in samples]
    assert sum(depth) < 25_000  # small enough for minutes


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_demo_is_what_it_says_at_any_seed(seed: int) -> None:
    """With exact knowledge of the truth, the data themselves carry the expected verdict."""
    drawn = truth.draw_truth(load_scenario(DEMO), seed)

    def pooled(sample: str, patient: str) -> tuple[float, float]:
        """Estimate and error of the fraction from the patient's somatic SNVs, by hand."""
        bases = simulate_samples.counts(drawn, sample).sum(axis=2)
        sites = [v for v in drawn.patients[patient].somatic if len(v.ref) == len(v.alt)]
        alt = sum(int(bases[v.pos - 1, "ACGT".index(v.alt)]) for v in sites)
        weight = sum(v.vaf * int(bases[v.pos - 1].sum()) for v in sites)
        return alt / weight, np.sqrt(max(alt, 1) * 1.2) / weight

    for name, info in drawn.samples.items():
        expected = info.plan.expected or drawn.patients[info.patient].plan.expected
        if info.role != "immune" or expected == "uninformative":
            continue
        found, error = pooled(name, info.patient)
        low, high = found - 3 * error, found + 3 * error
        if expected in ("transfer_supported", "contamination_not_excluded"):
            assert low > 0.015, name
        elif expected == "explained_by_contamination":
            assert low > 0.05 and low < info.contamination < high, name
        elif expected == "not_detected":
            assert high < 0.005, name
        elif expected == "underpowered":
            assert error > 0.02, name
    for info in drawn.samples.values():
        patient = drawn.patients[info.patient]
        if patient.plan.expected == "uninformative":
            assert not patient.somatic
            if info.role == "normal":  # inherited, so seen in the normal beyond doubt
                assert all(v.vaf > 0.05 for v in info.variants if v.kind == "inherited")
    # No somatic allele can come from a batch mate's haplotype, a NUMT or a hot spot.
    clean = {v.pos for _, _, variants in drawn.numts for v in variants}
    clean |= {spot.pos for spot in drawn.noise.hot_spots} | genomes.tract_positions()
    for patient in drawn.patients.values():
        assert not clean & {v.pos for v in patient.somatic if len(v.ref) == len(v.alt)}


# --- scenario files and the command line -----------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depths": 3}, "did you mean 'depth'"),
        ({"depth": {"tumour": 3}}, "depth: expected a number for each"),
        ({"patients": {}}, "patients: expected a list"),
        ({"patients": [{"samples": []}]}, "patient"),
        ({"patients": [{"patient": "A/B", "samples": []}]}, "letters, digits"),
        ({"sequencing": {"duplicates": 2}}, "sequencing.duplicates"),
        ({"sequencing": {"reed_length": 2}}, "did you mean 'read_length'"),
    ],
)
def test_bad_scenarios_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small_scenario(**changes)


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ({"role": "tumour"}, "role 'tumour'"),
        ({"role": "normal", "transfer": 0.1}, "transfer is for immune samples"),
        ({"role": "immune", "transfer": 1.5}, "expected a number from 0 to 1"),
        ({"role": "immune", "transfer": 0.1}, "without a tumor sample"),
        ({"role": "immune", "swapped_with": "nobody"}, "names no sample"),
        ({"role": "immune", "expected": "perhaps"}, "expected 'perhaps'"),
        ({"role": "immune", "depth": 0}, "depth must be above 0"),
    ],
)
def test_bad_samples_are_refused(sample: dict, message: str) -> None:
    patient = {"patient": "A", "samples": [{"sample": "A-1", **sample}]}
    with pytest.raises(ValueError, match=message):
        parse_scenario({"patients": [patient]})


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    script = REPOSITORY / "scripts" / "simulate_cohort.py"
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)], capture_output=True, text=True
    )


def test_command_line_writes_a_cohort_and_names_its_errors(tmp_path: Path) -> None:
    scenario = tmp_path / "tiny.yaml"
    scenario.write_text(
        "patients:\n- patient: A\n  samples:\n  - {sample: A-t, role: tumor}\n"
        "  - {sample: A-n, role: normal, depth: 4}\n"
    )
    done = run("--output", tmp_path / "out", "--scenario", scenario, "--depth", "3")
    assert done.returncode == 0, done.stderr
    assert len(read_rows(tmp_path / "out" / "samples.tsv")) == 2
    scenario.write_text("patients: [")
    failed = run("--output", tmp_path / "out", "--scenario", scenario)
    assert failed.returncode == 1
    assert str(scenario) in failed.stderr and "Traceback" not in failed.stderr
    missing = run("--output", tmp_path / "out", "--scenario", tmp_path / "none.yaml")
    assert missing.returncode == 1 and "none.yaml" in missing.stderr
