"""Paths of a sample's files, and a patient's design in the sheets."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import LENGTH

from mitotransfer.cohort import sample_files
from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.errors.sample_errors import estimate_errors, save_errors


def test_files_of_a_sample_lie_in_its_folder() -> None:
    found = sample_files.sample_file("results/samples", "P1-TIL", "calls.tsv")
    assert found == Path("results/samples/P1-TIL/P1-TIL.calls.tsv")


def test_counts_and_error_rates_are_loaded_from_there(tmp_path: Path) -> None:
    bases = np.random.default_rng(1).integers(0, 90, (LENGTH, 4, 2)).astype(np.uint32)
    counts = Counts(bases, empty_indels(), {"sample": "s"})
    errors = estimate_errors(Counts(np.zeros_like(bases), empty_indels(), {}))
    (tmp_path / "s").mkdir()
    allele_counts.save(counts, tmp_path / "s" / "s.counts.npz")
    save_errors(errors, tmp_path / "s" / "s.errors.json")
    load, load_errors = sample_files.loaders(tmp_path)
    assert (load("s").bases == bases).all()
    assert load_errors("s").rate == pytest.approx(errors.rate)
    with pytest.raises(FileNotFoundError):
        load("other")


def test_a_design_is_autologous_unless_the_sheet_says_otherwise() -> None:
    sheet = pd.DataFrame({"patient": ["A", "B", "C"], "design": ["", "allogeneic", "autologous"]})
    assert sample_files.designs_of(sheet) == {
        "A": "autologous", "B": "allogeneic", "C": "autologous",
    }  # fmt: skip
    assert sample_files.designs_of(sheet[["patient"]]) == {}


def test_progress_is_reported_every_few_hundred_steps_and_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for done in range(1, 451):
        sample_files.progress(done, 450, "samples read")
    assert capsys.readouterr().err.splitlines() == [
        f"samples read: {done} of 450" for done in (200, 400, 450)
    ]
