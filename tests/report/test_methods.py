"""Methods of a run in words: its own numbers, nothing that was not done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from report_cohort import table_paths, write_cohort

from mitotransfer.inputs.settings import Settings
from mitotransfer.report import methods
from mitotransfer.report.tables import Tables, patients, read_table, with_own_files
from mitotransfer.report.words import NBSP


def _text(folder: Path, settings: Settings) -> str:
    write_cohort(folder, 7, 2, with_counts=False)
    paths = table_paths(folder)
    tables = Tables(**{name: read_table(path, name) for name, path in paths.items()})
    depths = tables.samples.assign(role_name=tables.samples["role"], mean_depth=1234.0)
    everyone = [with_own_files(patient, folder / "patients") for patient in patients(tables)]
    found = methods.paragraphs(tables, everyone, depths, "rCRS (NC_012920.1)", settings)
    return " ".join(found).replace(NBSP, " ")


def test_the_text_has_the_runs_numbers_and_settings(tmp_path: Path) -> None:
    settings = Settings()
    strict = replace(settings, informative=replace(settings.informative, min_tumor_vaf=0.07))
    text = _text(tmp_path, strict)
    assert "7 tumour samples (median depth 1,234), 7 immune samples" in text
    assert "of 7 patients were aligned" in text and "at least 7 %" in text
    assert "in 6 samples by reads at the tumour’s somatic nuclear SNVs" in text
    assert "in 1 sample not at all" in text and "flow cytometry" not in text
    assert "35 pairs of an immune sample with another" in text
    # Too few patients for a test: no test is named.
    assert "Mann-Whitney" not in text and "log-rank" not in text


def test_a_package_that_is_not_installed_has_its_name_alone() -> None:
    assert methods.version_of("no-such-package") == "no-such-package"
    assert methods.version_of("numpy").startswith("numpy 2")


def test_without_depths_and_patients_there_is_a_text_still() -> None:
    columns = ["role_name", "mean_depth"]
    frames = {name: pd.DataFrame() for name in Tables.__dataclass_fields__}
    found = methods.paragraphs(Tables(**frames), [], pd.DataFrame(columns=columns), "x", Settings())
    assert len(found) == 4 and "0 patients" in found[0].replace(NBSP, " ")


def test_the_citation_names_the_version() -> None:
    assert "version 1.2.3 (" in methods.citation("1.2.3")
    assert "version unknown" in methods.citation("")
