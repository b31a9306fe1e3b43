"""The background of a cohort: sums with and without some samples, and its file."""

from pathlib import Path

import numpy as np
import pytest
from drawn_cohort import DESIGNS, drawn_cohort, learn
from places import LENGTH

from mitotransfer.cohort import background, crosstalk
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.errors import site_sums
from mitotransfer.errors.junction_sums import no_junctions


@pytest.fixture(scope="module")
def everyone() -> background.CohortBackground:
    return learn(*drawn_cohort())[0]


def test_sums_without_a_patient_are_those_of_the_others(
    everyone: background.CohortBackground,
) -> None:
    sheet, counts, errors = drawn_cohort()
    roles = dict(zip(sheet["sample"], sheet["role"], strict=True))
    for patient in ("A", "C"):
        own = background.own_background(
            {n: c for n, c in counts.items() if n.startswith(patient)},
            roles,
            DESIGNS.get(patient, "autologous"),
        )
        others, _, _ = learn(sheet[sheet["patient"] != patient], counts, errors)
        left = everyone.without(own)
        assert left.sites.n_samples == others.sites.n_samples
        assert left.sites.error == pytest.approx(others.sites.error)
        assert left.sites.expected == pytest.approx(others.sites.expected)
        assert (left.heteroplasmic == others.heteroplasmic).all()
        assert left.n_asked == others.n_asked


def test_a_sample_is_taken_out_at_some_positions_alone() -> None:
    rng = np.random.default_rng(5)
    samples, carried = [], np.zeros((LENGTH, 4), np.uint32)
    carried[[7, 9], 2] = 3
    for _ in range(3):
        bases = rng.poisson(0.5, (LENGTH, 4, 2)).astype(np.uint32)
        bases[:, 1] += 400
        samples.append(site_sums.site_contribution(Counts(bases, empty_indels(), {})))
    everyone = background.CohortBackground(
        samples[0] + samples[1] + samples[2], carried, 3, no_junctions(LENGTH)
    )
    at = np.array([7, 7, 5000])
    one = background.CohortBackground(samples[2], carried // 3, 1, no_junctions(LENGTH)).at(at)
    left = everyone.without(one, at)
    assert (left.n_asked, left.heteroplasmic[7, 2], left.heteroplasmic[9, 2]) == (2, 2, 3)
    assert carried[7, 2] == 3
    rest = samples[0] + samples[1]
    assert left.sites.n_samples == 2
    for field in ("error", "depth", "expected", "error_squares", "expected_squares"):
        found = getattr(left.sites, field)
        assert np.allclose(found[at], getattr(rest, field)[at])
        assert np.array_equal(found[6], getattr(everyone.sites, field)[6])


def test_recipients_of_a_donor_add_no_errors(everyone: background.CohortBackground) -> None:
    sheet, _, _ = drawn_cohort()
    assert everyone.sites.n_samples == len(sheet) - 1
    # Nor do tumours, for recurrence.
    assert everyone.n_asked == len(sheet) - 1 - (sheet["role"] == "tumor").sum()


def test_rna_teaches_nothing_about_dna() -> None:
    bases = np.ones((LENGTH, 4, 2), np.uint32)
    nothing = background.nothing_learned(LENGTH)
    dna = nothing.with_sample(Counts(bases, empty_indels(), {}), "immune", "autologous")
    assert dna.sites.n_samples == dna.n_asked == 1
    rna = nothing.with_sample(Counts(bases, empty_indels(), {"rna": True}), "immune", "autologous")
    assert rna.sites.n_samples == rna.n_asked == 0


def test_recurrence_counts_immune_samples_and_normals() -> None:
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:, 0], bases[99, 1] = 90, 10
    counts = Counts(bases, empty_indels(), {})
    for role, design, asked in (
        ("tumor", "autologous", 0), ("immune", "autologous", 1), ("normal", "autologous", 1),
        ("immune", "allogeneic", 0), ("normal", "allogeneic", 1),
    ):  # fmt: skip
        found = background.nothing_learned(LENGTH).with_sample(counts, role, design)
        assert found.n_asked == asked
        assert found.heteroplasmic.sum() == found.heteroplasmic[99, 1] == asked


def test_background_survives_the_disk(
    everyone: background.CohortBackground, tmp_path: Path
) -> None:
    for name in ("one.npz", "two.npz"):
        everyone.save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    back = background.load(tmp_path / "one.npz")
    assert (back.sites.error == everyone.sites.error).all()
    assert (back.heteroplasmic == everyone.heteroplasmic).all()
    assert back.n_asked == everyone.n_asked > 0


def test_a_background_of_another_version_is_named(tmp_path):
    sites = site_sums.SiteSums(*(np.zeros((LENGTH, 4, 2)) for _ in range(5)), 0)
    path = tmp_path / "background.npz"
    site_sums.save_sites(sites, path)
    with pytest.raises(ValueError, match=r"background\.npz: not this version's"):
        background.load(path)


def test_batches_survive_the_file(tmp_path: Path) -> None:
    batch = crosstalk.BatchAlleles(3.0, np.array([4, 9]), np.array([1.0, 2.0]))
    empty = crosstalk.BatchAlleles(5.0, np.zeros(0, np.int64), np.zeros(0))
    for batches in ({}, {"x": empty}, {"run": batch, "x": empty}):
        whole = background.CohortBackground(
            site_sums.empty_sites(LENGTH),
            np.zeros((LENGTH, 4), np.uint32),
            0,
            no_junctions(LENGTH),
            batches,
        )
        whole.save(tmp_path / "b.npz")
        loaded = background.load(tmp_path / "b.npz").batches
        assert list(loaded) == sorted(batches)
        for name, one in batches.items():
            assert loaded[name].reads == one.reads
            assert np.array_equal(loaded[name].keys, one.keys)
            assert np.array_equal(loaded[name].carried, one.carried)
    assert not empty.at(np.array([3]), np.array([1])).any()
