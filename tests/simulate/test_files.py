"""A cohort on disk: the same bytes for the same seed, sheets and truth tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_scenario import changed, small_scenario
from tsv import read_rows

from mitotransfer.inputs import sheets
from mitotransfer.simulate.files import truth_variant_rows, write_cohort
from mitotransfer.simulate.scenario import DeletionPlan


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
    paths = str(written / "samples.tsv"), str(written / "patients.tsv")
    cohort = sheets.read_cohort(*paths, ["mood"])
    assert not cohort.warnings
    assert len(cohort.samples) == 9
    til = cohort.samples["A-til"]
    assert til.patient == "A" and til.role == "immune"
    # As sequenced, with the tumour cells that are among them.
    assert float(til.fields["mtdna_copies"]) >= 100
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


def test_deletions_are_in_the_truth() -> None:
    drawn = changed(tumor={"deletion": DeletionPlan(0.5)})
    rows = [row[1:] for row in truth_variant_rows(drawn) if row[5] == "junction"]
    head = [8469, "T", "T[chrM:13447[", "junction", "large_deletion"]
    total = drawn.samples["A-til"].tumor_fraction
    assert rows == [
        ["A-tumor", *head, "0.5", ""], ["A-til", *head, f"{0.5 * total:.6g}", ""],
    ]  # fmt: skip


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
