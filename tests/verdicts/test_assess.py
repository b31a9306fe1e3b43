"""From hand-made evidence of a patient to the case of each immune sample."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from assessed_patient import ROLES, SHARE, assessed
from deleted_samples import COMMON, deleted
from minor_variants import sample
from patients import context, mixed
from simulated_reads import CIRCLE, Library, counted, on_circle, pair

from mitotransfer.counts import junctions
from mitotransfer.errors.junction_sums import junction_contribution
from mitotransfer.fraction.tumor_cells import Loci, of_nuclear_reads
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import SampleFacts
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.reads.lanes import SampleReads
from mitotransfer.verdicts import assess, explanations
from mitotransfer.verdicts.assess import Assessment
from mitotransfer.verdicts.case import NOT_TESTED, Unrelated
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS

pytestmark = pytest.mark.usefixtures("nobody_rare")


def test_the_share_that_was_mixed_in_is_found() -> None:
    a = assessed()["I"]
    estimate, support = a.case.estimate, a.case.support
    assert estimate.fraction == pytest.approx(SHARE, rel=0.02)
    assert estimate.low < SHARE < estimate.high and estimate.p_value < 1e-9
    assert 0 < a.case.findings.detection_limit < 0.02
    assert a.case.findings.n_informative == support.n == 3
    assert support.carriers == [0, 0, 0] and not support.more_in_immune
    assert a.case.tested and a.case.baseline_excluded
    assert a.row == {"patient": "P", "sample": "I", "cell_type": "CD8", "timepoint": ""}
    assert list(a.variants.columns) == SHARED_VARIANTS.names
    assert np.allclose(a.variants["variant_fraction"], SHARE, rtol=0.02)
    assert a.flags == ()


@pytest.mark.parametrize("of_first", [1.0, 0.2])
def test_of_several_tumours_the_one_that_gave_is_found(of_first: float) -> None:
    """Two tumour samples without a variant in common, and a mixture of both in the immune one."""
    first, second = {5000: 0.8, 9000: 0.7}, {12000: 0.6, 14000: 0.9}
    seen = {pos: SHARE * of_first * vaf for pos, vaf in first.items()}
    seen |= {pos: SHARE * (1 - of_first) * vaf for pos, vaf in second.items()}
    roles = ROLES | {"T2": "tumor"}
    vafs = {"T": first, "T2": second, "I": seen, "N": {}}
    counts = {name: sample(mixed(own), 2000) for name, own in vafs.items()}
    (found,) = assess.assess_patient(context(counts, roles, (*first, *second)))
    estimate = found.case.estimate
    assert estimate.fraction == pytest.approx(SHARE, rel=0.05)
    assert 0.7 * SHARE < estimate.low < SHARE < estimate.high < 1.4 * SHARE


def test_every_immune_sample_is_assessed_by_itself() -> None:
    both = assessed(others={"I2": {}})
    assert list(both) == ["I", "I2"]
    assert both["I2"].case.estimate.low == 0 and both["I2"].case.support.n == 0
    assert both["I"].case.estimate.fraction == pytest.approx(SHARE, rel=0.02)


@pytest.mark.parametrize("status", ["swapped", "foreign", "shallow"])
def test_a_sample_that_is_not_judged_is_not_tested(status: str) -> None:
    a = assessed(rows={"I": {"status": status}})["I"]
    assert not a.case.tested and a.case.estimate == NOT_TESTED
    assert a.variants["p_value"].isna().all() and a.case.support.n == 0
    # Measurements are stated all the same.
    assert a.case.findings.n_informative == 3 and len(a.variants) == 3
    assert math.isnan(a.case.findings.detection_limit)


def test_without_informative_variants_nothing_is_tested() -> None:
    counts = {name: sample({}, 2000) for name in ROLES}
    (a,) = assess.assess_patient(context(counts, ROLES))
    assert a.case.findings.n_informative == 0 and not a.case.tested
    assert a.variants.empty and list(a.variants.columns) == SHARED_VARIANTS.names


def test_measurements_are_in_the_case() -> None:
    cells = {"immune_in_tumor_high": 0.95, "flags": "tumor_vaf_assumed"}
    row = {
        "ambient_mtdna_high": "0.03",
        "foreign_patient": "B",
        "foreign_low": "0.1",
        "foreign_high": "0.2",
        "from_tumor_high": "0.004",
    }
    a = assessed(cells=cells, rows={"I": row}, reads=clean_reads())["I"]
    found, who = a.case.findings, a.case.sample
    sources = found.sources
    assert (sources.source, sources.bounded) == ("nuclear_counts", True)
    assert sources.contamination_low == 0 < sources.contamination_high < 0.2
    assert sources.immune_in_tumor_high == 0.95
    assert sources.strongest_needed == pytest.approx(0.004 * 0.8 + 0.03, rel=1e-3)
    assert (found.ambient_high, found.crosstalk_high) == (0.03, 0.004)
    assert (who.foreign_patient, who.foreign_low, who.foreign_high) == ("B", 0.1, 0.2)
    assert (who.identity, who.tumor_identity, who.normal_identity) == ("ok", "ok", "ok")
    assert a.case.cohort.n_patients == 5
    # The strongest variant's VAF in the tumour is not above the 0.95 of other cells in it.
    assert a.flags == ("foreign_dna", "tumor_vaf_assumed", "maybe_immune_clone")


def clean_reads(loci: int = 2000, tumor_vaf: float = 0.4) -> NuclearReads:
    """Nuclear reads of a preparation without tumour cells, of a tumour and of a normal."""
    size = (loci, 100.0)
    reads = loci * 100.0
    curve = of_nuclear_reads(
        Loci(
            np.array([1e-3 * reads]), np.array([reads]), np.array([tumor_vaf]), 1e-3 * reads, reads
        )
    )
    return NuclearReads(curve, True, *size, tumor_vaf * reads, reads)


def test_an_unmeasured_sample_says_what_would_bound_its_cells() -> None:
    a = assessed(n_patients=0)["I"]
    assert a.case.findings.sources.source == "unmeasured"
    assert math.isnan(a.case.findings.sources.excess_low)
    (clause,) = a.case.findings.turning
    assert "nuclear SNVs of the tumour at depth 100" in clause
    assert a.case.cohort.n_patients == 0


MEASURED = {
    "facts": SampleFacts(purity=Measured(1.0), copies=Measured(1000.0)),
    "own_facts": SampleFacts(copies=Measured(300.0), input_cells=20_000),
}


def test_what_is_left_is_the_fraction_less_the_cells() -> None:
    a = assessed(reads=clean_reads(), **MEASURED)["I"]
    sources, low = a.case.findings.sources, a.case.estimate.low
    # At one-sided 1 %, the fraction's bound at 2.5 %.
    assert 0.9 * low - sources.contamination_high < sources.excess_low < low
    assert sources.excess_high > SHARE and a.case.findings.turning == ()
    # Three loci leave less, and the model says that more would turn the verdict.
    few = assessed(reads=clean_reads(3), **MEASURED)["I"].case.findings
    assert few.sources.excess_low < sources.excess_low
    assert any("times the nuclear reads" in clause for clause in few.turning)


def test_molecules_bound_the_certainty_of_amplicons() -> None:
    plain = assessed()["I"].case.estimate
    few = assessed(rows={"I": {"assay": "amplicon", "mtdna_molecules": "200"}})["I"]
    assert few.case.estimate.high - few.case.estimate.low > 2 * (plain.high - plain.low)
    assert "molecules_assumed" not in few.flags
    unknown = assessed(rows={"I": {"assay": "amplicon", "mtdna_molecules": ""}})["I"]
    assert "molecules_assumed" in unknown.flags
    assert unknown.case.estimate.low < plain.low


def test_many_samples_raise_the_detection_limit() -> None:
    """The limit is stated at the p value that detects whatever the others show."""
    one, many = (assessed(n_immune=n)["I"].case.findings.detection_limit for n in (1, 300))
    assert many > 1.2 * one


def test_whether_normals_were_sequenced_alike() -> None:
    assert assessed()["I"].case.sample.same_assay
    assert not assessed(rows={"N": {"assay": "wgs"}})["I"].case.sample.same_assay


def test_crosstalk_bound_grows_and_stays_unknown() -> None:
    assert assess.crosstalk_bound(0.001, np.array([0.0, 0.002])) == pytest.approx(0.003)
    assert assess.crosstalk_bound(0.001, np.zeros(0)) == 0.001
    assert assess.crosstalk_bound(0.9, np.array([0.5])) == 1.0
    assert np.isnan(assess.crosstalk_bound(np.nan, np.array([0.1])))


def with_deletion(
    share: float, in_immune: float, others: int = 0, assay: str = "capture"
) -> Assessment:
    """An immune sample of a patient whose tumour has nothing but the common deletion.

    Args:
        others: unrelated samples with one split fragment there.
        assay: of the tumour.
    """
    of_role = {"T": share, "I": in_immune, "N": 0.0}
    counts = {
        name: deleted({COMMON: one}, depth=4000, seed=seed)
        for seed, (name, one) in enumerate(of_role.items())
    }
    made = context(
        counts, ROLES, facts=SampleFacts(purity=Measured(1.0)), rows={"T": {"assay": assay}}
    )
    one = deleted({COMMON: 0.0}, depth=4000)
    seen = junctions.frame(np.array([[*COMMON, 13, 1, 0]]))
    sums = made.others.junctions
    for i in range(8):
        showing = seen if i < others else seen.iloc[:0]
        sums = sums + junction_contribution(replace(one, junctions=showing), True)
    made = replace(made, others=replace(made.others, junctions=sums, n_asked=9))
    return assess.assess_patient(made)[0]


def test_a_patient_with_nothing_but_a_deletion_is_answered() -> None:
    a = with_deletion(0.6, 0.06)
    assert a.case.findings.n_informative == a.case.support.n == 1
    assert a.case.estimate.low < 0.1 < a.case.estimate.high and a.case.estimate.low > 0.05
    assert a.variants["hgvs_m"].tolist() == ["m.8483_13459del"]
    assert a.variants["flags"].tolist() == ["direct_repeat"]
    clean = with_deletion(0.6, 0.0)
    assert clean.case.estimate.p_value > 0.05 and clean.case.estimate.low == 0
    assert clean.case.findings.detection_limit < 0.02


def test_a_deletion_at_a_repeat_that_others_show_is_never_enough_alone() -> None:
    found = {n: with_deletion(0.6, 0.06, others=n) for n in (0, 2)}
    for n, a in found.items():
        case = replace(a.case, findings=replace(a.case.findings, q_value=1e-9))
        # Unrelated patients as many as it takes to exclude recurrence of what none of them has.
        case = replace(case, cohort=Unrelated(300, 100))
        statuses = {name: status for name, status, _ in explanations.explain(case)}
        expected = "not_excluded" if n else "excluded"
        assert statuses["recurrent_mutation"] == statuses["sequencing_artefact"] == expected
        assert case.support.again == (1 if n else 0)
        said = {name: text for name, _, text in explanations.explain(case)}
        assert "template switching" in said["sequencing_artefact"]
    # It counts for less, too.
    assert found[2].case.estimate.p_value > 10 * found[0].case.estimate.p_value


def test_amplicons_across_a_deletion_are_refused() -> None:
    a = with_deletion(0.6, 0.06, assay="amplicon")
    assert not a.case.tested and a.case.findings.n_informative == 0
    assert a.variants["flags"].tolist() == ["amplicon_junction;direct_repeat"]


def test_reads_of_an_amplicon_across_a_deletion_are_refused(tmp_path, prefix) -> None:
    """Primers 5,300 bases apart copy the deleted molecules alone: all reads are split."""
    kept = slice(on_circle(8300), on_circle(COMMON[0]) + 1), slice(on_circle(COMMON[1]), None)
    product, library = (CIRCLE[kept[0]] + CIRCLE[kept[1]])[:330], Library()
    rng = np.random.default_rng(3)
    for k in range(60):
        library.add(f"short{k}", pair(product, 0, 330, 250, bool(k % 2)), ("I" * 250,) * 2)
    for k in range(400):
        whole = pair(CIRCLE, int(rng.integers(len(CIRCLE))), 330, 250, False)
        library.add(f"whole{k}", whole, ("I" * 250,) * 2)
    lanes = [library.write(tmp_path / "reads", gzipped=False)]
    read = counted(prefix, SampleReads("T", lanes))
    assert read.junctions[:, :2].tolist() == [list(COMMON)] and read.junctions[0, 3:].min() >= 20
    of_role = {name: deleted({COMMON: 0.0}, depth=4000, seed=k) for k, name in enumerate("TIN")}
    of_role["T"] = replace(
        of_role["T"], junctions=junctions.frame(read.junctions), spanning=read.spanning
    )
    for assay, informative in (("amplicon", 0), ("capture", 1)):
        rows = {"T": {"assay": assay}}
        made = context(of_role, ROLES, facts=SampleFacts(purity=Measured(1.0)), rows=rows)
        (found,) = assess.assess_patient(made)
        assert found.case.findings.n_informative == informative
        assert ("amplicon_junction" in found.variants["flags"].item()) != informative
