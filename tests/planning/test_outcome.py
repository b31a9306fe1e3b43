"""Plans against drawn samples, and what each measurement is worth."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from count_cohort import run_cohort
from judged_draws import judged as judged_draw
from planned import design_of

from mitotransfer.fraction import estimate
from mitotransfer.inputs.settings import Settings
from mitotransfer.planning import expected
from mitotransfer.planning.cohort import read_samples
from mitotransfer.planning.design import Design
from mitotransfer.planning.outcome import detection_limit, judged, loci_needed, plan
from mitotransfer.report.tables import Tables, read_table
from mitotransfer.simulate.preparations import Drawn
from mitotransfer.simulate.scenario import parse_scenario
from mitotransfer.simulate.truth import draw_truth

SETTINGS = Settings()
#: Fixed and frequent variants in sorted tumour cells, all measured.
GOOD = Design(tumor_vafs=(0.95, 0.8, 0.5), immune_depth=1000.0, purity=1.0)


@cache
def planned(**changes):
    """The plan of ``GOOD`` with changes."""
    return plan(replace(GOOD, **changes), details=False)


def test_what_is_not_measured_is_named():
    unmeasured = planned(nuclear_loci=0)
    assert "measured" in unmeasured.lacking and math.isnan(unmeasured.smallest_supported)
    bulk = planned(purity=0.3, tumor_vafs=(0.3, 0.2), fraction=0.2)
    assert "direction" in bulk.lacking
    weak = planned(fraction=0.001)
    assert "detected" in weak.lacking and not weak.supported
    assert planned(fraction=0.1).supported


@pytest.mark.parametrize(
    "better",
    [
        {"immune_depth": 5000.0, "normal_depth": 5000.0},
        {"nuclear_loci": 2000},
        {"tumor_vafs": (0.95, 0.8, 0.5, 0.5)},
    ],
)
def test_more_of_anything_lowers_the_smallest_fraction(better):
    few = {"nuclear_loci": 50}
    base, more = planned(**few), planned(**few | better)
    assert more.smallest_supported < base.smallest_supported
    assert more.detection_limit <= base.detection_limit


def test_tumour_cells_raise_it():
    assert planned(tumor_cells=0.01).smallest_supported > planned().smallest_supported


def test_the_loci_needed_are_enough_and_fewer_are_not():
    design = replace(GOOD, fraction=0.05)
    needed = int(loci_needed(design, SETTINGS))
    assert not judged(replace(design, nuclear_loci=needed), SETTINGS).lacking(0.05)
    assert judged(replace(design, nuclear_loci=needed // 3), SETTINGS).lacking(0.05)


def test_gains_come_best_first():
    gains = plan(replace(GOOD, copy_ratio_sd=0.0)).gains
    assert list(gains.values()) == sorted(gains.values())
    assert "mtDNA copies measured" in gains


@pytest.mark.parametrize("vafs", [(0.9,), (0.6, 0.3), (0.95, 0.8, 0.6, 0.4, 0.2)])
def test_detection_limits_of_drawn_samples_agree_with_the_plan(vafs):
    """Within 10 %: the median of samples with tumour, normal, depths and errors drawn."""
    design = replace(GOOD, tumor_vafs=vafs, immune_depth=1500.0)
    planned = detection_limit(design, SETTINGS)
    rng = np.random.default_rng(8)
    base = expected.variant_counts(design, 0.0, SETTINGS.contamination, 0.0)
    size, found = len(vafs), []
    for _ in range(21):
        rate = design.error_rate[0] * rng.gamma(4.0, 0.25, size)
        depths = [rng.poisson(n, size) for n in (design.tumor_depth, 1500, design.normal_depth)]
        counts = replace(
            base,
            tumor_depth=depths[0],
            tumor_alt=rng.binomial(depths[0], vafs),
            immune_depth=depths[1],
            immune_alt=np.zeros(size, int),
            normal_depth=depths[2],
            normal_alt=rng.binomial(depths[2], rate),
        )
        found.append(estimate.detection_limit(counts, 0.01 / design.immune_samples))
    assert np.median(found) == pytest.approx(planned, rel=0.1)


def test_detection_limits_of_a_cohort_are_those_of_the_plan_with_its_facts(tmp_path):
    """Within 10 % for each sample, by the tables of the pipeline; with the default depths not."""
    somatic = {"one": [0.6, 0.3], "two": [1.0, 0.7, 0.5], "three": [0.9, 0.8, 0.6, 0.5, 0.3]}
    depths = {"immune": 600, "tumor": 500, "normal": 600}
    patients = [
        {
            "patient": name,
            "batch": "B",
            "somatic": vafs,
            "samples": [
                {"sample": f"{name}-{role}", "role": role, "depth": depth}
                for role, depth in depths.items()
            ],
        }
        for name, vafs in somatic.items()
    ]
    run_cohort(draw_truth(parse_scenario({"patients": patients}), 4), tmp_path)
    tables = Tables(
        **{
            name: read_table(path, name)
            for name in Tables.__dataclass_fields__
            if (path := next(tmp_path.rglob(f"{name}.tsv"), None))
        }
    )
    found = list(read_samples(tables, tmp_path / "patients", SETTINGS))
    assert len(found) == len(somatic)
    usual = []
    for sample in found:
        stated = sample.row["detection_limit"]
        design = design_of(sample.counts, len(found))
        assert detection_limit(design, SETTINGS) == pytest.approx(stated, rel=0.1)
        plain = replace(Design(), tumor_vafs=design.tumor_vafs)
        usual.append(detection_limit(plain, SETTINGS) / stated)
    assert not any(0.9 < ratio < 1.1 for ratio in usual)


def drawn(design, fraction, rng):
    """A preparation without tumour cells, with transfer."""
    vafs = np.array(design.tumor_vafs)
    rate = design.error_rate[0] * rng.gamma(10.0, 0.1, len(vafs))
    share = fraction * vafs
    depths = tuple(round(d) for d in (design.tumor_depth, design.immune_depth, design.normal_depth))
    reads = rng.poisson(design.nuclear_depth, design.nuclear_loci)
    seen = {"immune": design.nuclear_error, "tumor": design.purity / 2}
    seen["normal"] = design.nuclear_error
    return Drawn(
        rng.binomial(depths[0], vafs),
        rng.binomial(depths[1], share + (1 - share) * rate),
        rng.binomial(depths[2], rate),
        depths,
        {role: (rng.binomial(reads, vaf), reads) for role, vaf in seen.items()},
        copies=(design.copy_ratio, 1.0),
        purity=design.purity,
        input_cells=float(design.cells),
    )


@pytest.mark.slow
def test_four_of_five_drawn_samples_are_supported_at_the_smallest_fraction():
    # The errors, copies and threshold that judged_draws assumes.
    design = replace(
        GOOD, error_rate=(5e-4,), error_spread=0.1**0.5, overdispersion=0.0, copy_ratio_sd=0.212,
        immune_samples=1,
    )  # fmt: skip
    smallest = plan(design, details=False).smallest_supported
    rng = np.random.default_rng(3)
    verdicts = [judged_draw(drawn(design, smallest, rng)).verdict for _ in range(25)]
    assert verdicts.count("transfer_supported") >= 20
    few = [judged_draw(drawn(design, smallest / 3, rng)).verdict for _ in range(25)]
    assert few.count("transfer_supported") < 20
