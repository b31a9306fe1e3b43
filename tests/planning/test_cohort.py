"""What to sequence next: more reads are tried in the model."""

from dataclasses import replace

import numpy as np
import pytest
from report_cohort import table_paths, write_cohort
from report_rows import patient, record

from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.settings import Settings
from mitotransfer.patient.contamination_table import Cells
from mitotransfer.planning import cohort, expected
from mitotransfer.planning.design import Design
from mitotransfer.planning.outcome import judged
from mitotransfer.report.tables import Tables, read_table
from mitotransfer.verdicts.sources import Other

SETTINGS = Settings()


def counts(design, fraction=0.0):
    return expected.variant_counts(design, fraction, SETTINGS.contamination, 0.0)


def sample(verdict, found: VariantCounts, cells: Cells | None = None, **numbers):
    return cohort.Sample(
        patient(), record(verdict, **numbers), found, cells or Cells(), Other(0.0005), 0.4, 0.001
    )


def test_more_reads_leave_the_shares_as_they_are():
    found = counts(Design(), 0.05)
    deeper = cohort.more(found, "immune", 3)
    assert np.array_equal(deeper.immune_alt, 3 * np.asarray(found.immune_alt))
    assert np.array_equal(deeper.normal_depth, found.normal_depth)


def test_a_shallow_sample_is_told_the_depth_that_it_needs():
    found = counts(Design(immune_depth=100.0, tumor_vafs=(0.9, 0.8)))
    text = cohort.next_step(sample("underpowered", found), SETTINGS)
    assert "times the depth of the immune sample: the detection limit falls to" in text
    times = int(text.split()[0])
    assert times in cohort.TIMES and times > 1


def test_a_rare_variant_asks_for_another_one():
    found = counts(Design(immune_depth=50.0, normal_depth=20.0, tumor_vafs=(0.06,)))
    text = cohort.next_step(sample("underpowered", found), SETTINGS)
    assert text.startswith("Another informative variant")


def test_unmeasured_tumour_cells_ask_for_nuclear_reads():
    found = counts(Design(tumor_vafs=(0.9, 0.8, 0.5)), 0.1)
    one = sample("contamination_not_excluded", found, tumor_fraction_low=0.08)
    assert "nuclear SNVs" in cohort.next_step(one, SETTINGS)
    hidden = replace(one, row=one.row | {"tumor_fraction_low": 0.0})
    assert "The normal" in cohort.next_step(hidden, SETTINGS)


def test_few_loci_ask_for_more_reads_of_them():
    design = Design(tumor_vafs=(0.9, 0.8, 0.5), purity=1.0, nuclear_loci=20)
    cells = judged(design, SETTINGS).cells
    one = sample("contamination_not_excluded", counts(design, 0.06), cells, tumor_fraction_low=0.05)
    assert "times the nuclear reads" in cohort.next_step(one, SETTINGS)


@pytest.mark.parametrize("verdict", ["transfer_supported", "not_detected", "failed_qc"])
def test_nothing_is_modelled_for_the_rest(verdict):
    assert cohort.next_step(sample(verdict, counts(Design())), SETTINGS) == ""


def test_every_sample_of_a_cohort_has_a_row(tmp_path):
    folder = write_cohort(tmp_path, 7, 2, with_counts=False)
    paths = table_paths(folder)
    tables = Tables(**{name: read_table(path, name) for name, path in paths.items()})
    found = cohort.rows(tables, folder / "patients", SETTINGS)
    assert [row["sample"] for row in found] == [f"P{k:04d}_TIL" for k in range(1, 8)]
    assert all(row["next"] for row in found)
