"""Whole cohorts on simulated count arrays: the three scripts from counts to verdicts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import script_runs
from count_cohort import assess, expected, run_cohort
from places import BUNDLE, LENGTH, REPOSITORY

from mitotransfer.counts.allele_counts import Counts, empty_indels, save
from mitotransfer.patient.contamination_table import CONTAMINATION
from mitotransfer.simulate import samples
from mitotransfer.simulate.scenario import load_scenario, parse_scenario
from mitotransfer.simulate.truth import Truth, draw_truth
from mitotransfer.verdicts.conclude import SCREENED


def test_bad_nuclear_counts_are_named_and_the_sample_is_not_judged(tmp_path: Path) -> None:
    bad = tmp_path / "nuclear.tsv"
    bad.write_text("chrom\tpos\tref\talt\tref_count\talt_count\nchr1\t5\tA\tG\tmany\t1\n")
    (tmp_path / "S").mkdir()
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    save(Counts(bases, empty_indels(), {}), tmp_path / "S" / "S.counts.npz")
    words = [
        "--patient", "P", "--sample", "S", "immune", "--nuclear-counts", "S", bad,
        "--samples-folder", tmp_path, "--bundle", BUNDLE, "--evidence", tmp_path / "e",
        "--contamination", tmp_path / "c",
        "--pooled", tmp_path / "p", "--tumor-cells", tmp_path / "t", "--molecules", tmp_path / "m",
    ]  # fmt: skip
    message = f"{bad}:2: ref_count: found 'many'"
    done = script_runs.run("compare_samples", *words)
    assert done.returncode == 0 and message in done.stderr
    (row,) = CONTAMINATION.read(tmp_path / "c").to_dict("records")
    assert (row["source"], row["flags"]) == ("unmeasured", "nuclear_counts_refused")
    assert row["refused"].startswith(message)
    done = script_runs.run("compare_samples", *words, "--stop-on-bad-file")
    assert done.returncode == 1
    assert message in done.stderr and "Traceback" not in done.stderr


def special_truth() -> Truth:
    more = load_scenario(REPOSITORY / "benchmarks" / "scenarios.yaml")
    chosen = [patient for patient in more.patients if patient.patient in ("Q01", "Q02")]
    return draw_truth(replace(more, patients=chosen), seed=4)


@pytest.fixture(scope="module")
def special_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("special")


@pytest.fixture(scope="module")
def special(special_folder: Path) -> dict[str, pd.DataFrame]:
    """A co-culture of two people, and a trio that is its batch alone."""
    return run_cohort(special_truth(), special_folder)


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing(
    special: dict[str, pd.DataFrame], special_folder: Path, tmp_path: Path
) -> None:
    for name, table in assess(special_folder, tmp_path, processes=2).items():
        pd.testing.assert_frame_equal(table, special[name])


def test_allogeneic_cocultures(special: dict[str, pd.DataFrame]) -> None:
    table = special["transfer"].set_index("sample")
    assert table.loc["Q01-alone", "verdict"] == "not_detected"
    for sample, true in (("Q01-few", 0.03), ("Q01-most", 0.95)):
        row = table.loc[sample]
        assert row["verdict"] == "transfer_supported", row["evidence"]
        # Cross-talk between the co-cultures adds up to its rate.
        assert row["tumor_fraction_low"] - 0.001 <= true <= row["tumor_fraction_high"]
        assert row["n_informative"] > 10


def test_a_batch_of_one_patient_cannot_bound_crosstalk(special: dict[str, pd.DataFrame]) -> None:
    table = special["crosstalk"].set_index("sample")
    assert (table["source"] == "assumed").all()
    assert table.loc["Q02-TIL", "from_tumor_high"] == 0.005
    row = special["transfer"].set_index("sample").loc["Q02-TIL"]
    assert row["verdict"] == "contamination_not_excluded"
    assert {"contamination_unmeasured", "crosstalk_assumed"} <= set(row["flags"].split(";"))
    assert np.isnan(row["excess_low"])
    words = special["explanations"].set_index(["sample", "explanation"])["evidence"]
    assert "it would be excluded if" in words["Q02-TIL", "tumor_cell_contamination"]
    assert "the batch holds no other patient" in words["Q02-TIL", "index_crosstalk"]


@pytest.mark.slow
def test_no_other_explanation_is_called_transfer(tmp_path: Path) -> None:
    """Strangers, clones in the tumour, free mtDNA, exchanged labels, tumour cells in the normal."""
    more = load_scenario(REPOSITORY / "benchmarks" / "scenarios.yaml")
    chosen = [p for p in more.patients if "Q10" <= p.patient <= "Q20"]
    truth = draw_truth(replace(more, patients=chosen), seed=3)
    tables = run_cohort(truth, tmp_path)
    table = tables["transfer"].set_index("sample")
    for sample, row in table.iterrows():
        wanted = expected(truth, str(sample))
        assert row["verdict"] == (wanted or "transfer_supported"), (sample, row["evidence"])
    flags = table["flags"].fillna("").str.split(";")
    assert "ambient_unmeasured" in flags["Q13-blind"]
    assert "ambient_unmeasured" not in flags["Q13-both"]
    assert "direction_not_shown" in flags["Q11-CD4"]
    assert "loci_without_tumor_dropped" in flags["Q15-TIL"]
    assert "maybe_immune_clone" in flags["Q11-CD4"]
    assert "maybe_immune_clone" not in flags["Q13-both"]
    assert list(flags.index[flags.map(lambda f: "tumor_alleles_in_normal" in f)]) == ["Q20-TIL"]
    assert "foreign_in_normal" in flags["Q14-TIL"]
    assert not flags.drop(["Q14-TIL", "Q14-none"]).map(lambda f: "foreign_in_normal" in f).any()
    answers = tables["explanations"].set_index(["sample", "explanation"])["status"]
    assert answers["Q11-CD4", "reverse_leak"] == "not_excluded"
    assert answers["Q19-TIL", "reverse_leak"] == "not_excluded"
    assert answers["Q14-TIL", "reverse_leak"] == "excluded"
    assert answers["Q13-blind", "ambient_mtdna"] == "not_assessed"
    assert answers["Q13-both", "ambient_mtdna"] == "excluded"


def test_no_screening_unless_asked(special: dict[str, pd.DataFrame]) -> None:
    assert special["screening"].empty
    assert list(special["screening"].columns) == SCREENED.names


CLEAN = {
    "depth": {"tumor": 800, "immune": 800, "normal": 800},
    "patients": [
        {
            "patient": patient,
            "somatic": somatic,
            "nuclear": {"loci": 300, "depth": 150},
            "samples": [
                {"sample": f"{patient}-tumor", "role": "tumor", "mtdna_copies": 500},
                {"sample": f"{patient}-TIL", "role": "immune", "mtdna_copies": 500},
                {"sample": f"{patient}-blood", "role": "normal"},
            ],
        }
        for patient, somatic in (("A", [0.8]), ("B", [0.7]))
    ],
}


def test_the_same_foreign_dna_in_tumour_and_immune_sample_is_no_transfer(tmp_path: Path) -> None:
    truth = draw_truth(parse_scenario(CLEAN), seed=2)
    spilled = {"A-tumor": ("B-blood", 0.15), "A-TIL": ("B-blood", 0.06)}
    tables = run_cohort(truth, tmp_path, foreign=spilled)
    table = tables["transfer"].set_index("sample")
    assert table.loc["A-TIL", "verdict"] in ("not_detected", "underpowered")
    assert "foreign_dna" in table.loc["A-TIL", "flags"]
    assert table.loc["B-TIL", "verdict"] in ("not_detected", "underpowered")
    found = tables["crosstalk"].set_index("sample").loc["A-TIL"]
    assert found["foreign_patient"] == "B"
    assert found["foreign_low"] <= 0.06 / 1.06 <= found["foreign_high"]
    shared = tables["shared-variants"]
    shown = shared[(shared["sample"] == "A-TIL") & shared["flags"].eq("foreign_haplotype")]
    assert len(shown) > 5 and not shown["usable"].any()


def test_a_person_outside_the_cohort_in_tumour_and_immune_sample_is_no_transfer(
    tmp_path: Path,
) -> None:
    truth = draw_truth(parse_scenario(CLEAN), seed=2)
    absent = [name for name, info in truth.samples.items() if info.patient == "B"]
    spilled = {"A-tumor": ("B-blood", 0.15), "A-TIL": ("B-blood", 0.06)}
    tables = run_cohort(truth, tmp_path, absent, spilled)
    table = tables["transfer"].set_index("sample")
    assert table.loc["A-TIL", "verdict"] in ("not_detected", "underpowered")
    assert "foreign_dna" in table.loc["A-TIL", "flags"]
    shared = tables["shared-variants"]
    foreign = shared["flags"].astype(str).str.contains("foreign_haplotype")
    assert foreign.sum() > 20 and not shared.loc[foreign, "usable"].any()
    answers = tables["explanations"].set_index(["sample", "explanation"])
    assert answers.loc[("A-TIL", "foreign_dna"), "status"] == "not_excluded"
    # The haplotype is that of the absent person, where it was looked at.
    (line,) = (tmp_path / "cohort/foreign.hsd").read_text().splitlines()[1:]
    name, ranges, unknown, *variants = line.split("\t")
    assert (name, unknown) == ("A-TIL", "?")
    known = np.zeros(16570, bool)
    for part in ranges.split(";"):
        start, end = map(int, part.split("-"))
        known[start : end + 1] = True
    own = samples.counts(truth, "B-blood").sum(axis=2).argmax(axis=1)
    codes = truth.reference.codes
    differing = np.flatnonzero((own != codes) & (codes < 4)) + 1
    expected = {f"{pos}{'ACGT'[own[pos - 1]]}" for pos in differing if known[pos]}
    assert len(expected) > 20 and len(expected ^ set(variants)) <= 2
