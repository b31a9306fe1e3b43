"""Truth of cohorts: admixtures, swaps, nuclear copies, index hopping, the demo's verdicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from places import LENGTH, REPOSITORY
from small_scenario import small_scenario

from mitotransfer.simulate import genomes, truth
from mitotransfer.simulate import samples as simulate_samples
from mitotransfer.simulate.files import write_sample
from mitotransfer.simulate.scenario import load_scenario

DEMO = REPOSITORY / "config" / "simulation_demo.yaml"


def test_nuclear_copies_diverge_and_stay_in_their_segments(tmp_path: Path) -> None:
    scenario = small_scenario()
    model = replace(scenario.sequencing, numt_share=0.05, index_hopping=0.0)
    drawn = truth.draw_truth(replace(scenario, sequencing=model), 4)
    for start, length, variants in drawn.numts:
        assert 900 <= length < 3000
        assert 0.029 < len(variants) / length < 0.081
        inside = {(start + i) % LENGTH + 1 for i in range(length)}
        assert {v.pos for v in variants} <= inside
    trace = write_sample(drawn, "A-til", tmp_path / "1.gz", tmp_path / "2.gz")
    sources = drawn.sources("A-til")
    numt = np.array([source.label == "numt" for source in sources])[trace.source]
    n = len(numt)
    assert numt.mean() == pytest.approx(0.05, abs=5 * np.sqrt(0.05 / n))
    for index, source in enumerate(sources):
        if source.segment is not None:
            chosen = trace.source == index
            offset = (trace.start[chosen] - source.segment[0]) % LENGTH
            assert (offset + trace.insert[chosen] <= source.segment[1] + 1).all()


def test_index_hopping_brings_batch_mates_in_proportion(tmp_path: Path) -> None:
    scenario = small_scenario()
    scenario = replace(
        scenario, sequencing=replace(scenario.sequencing, index_hopping=0.1, numt_share=0)
    )
    drawn = truth.draw_truth(scenario, 3)
    sources = drawn.sources("A-til")
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


def test_large_cohorts_can_be_drawn() -> None:
    scenario = small_scenario().repeated(40)
    drawn = truth.draw_truth(scenario, 1)
    assert len(drawn.samples) == 360
    assert len({tuple(p.somatic) for p in drawn.patients.values()}) == 120


SEEDS = [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 7))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_demo_has_its_stated_truth_at_any_seed(seed: int) -> None:
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
    clean |= {spot.pos for spot in drawn.noise.hot_spots} | genomes.tract_positions(drawn.reference)
    for patient in drawn.patients.values():
        assert not clean & {v.pos for v in patient.somatic if len(v.ref) == len(v.alt)}
