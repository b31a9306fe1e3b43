"""Errors of the simulated reads have the rates of the noise model."""

from __future__ import annotations

import numpy as np
import pytest
from places import RCRS
from simulated_fastq import read_fastq

from mitotransfer.simulate import genomes, noise


def mismatches(seen: np.ndarray) -> tuple[int, int]:
    total = int(seen.sum())
    return total - int(np.einsum("pbbs->", seen)), total


def hot_positions(noisy: dict) -> list[int]:
    return [spot.pos - 1 for spot in noisy["model"].hot_spots]


def test_errors_at_high_quality_have_a_floor(noisy: dict) -> None:
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


def test_low_qualities_have_their_stated_error_times_the_calibration(noisy: dict) -> None:
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
