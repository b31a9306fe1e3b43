"""The check of a run on simulated cells: each way to be wrong is told."""

import gzip

import pytest

from mitotransfer.simulate import cell_check

CELLS = [
    ("A", "CD8", 0.5, "false"), ("B", "CD8", 0.0, "false"), ("C", "CD8", 0.0, "true"),
    ("D", "tumor", 0.0, "false"), ("E", "empty", 0.0, "false"),
]  # fmt: skip


def table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)


@pytest.fixture
def run(tmp_path):
    """Writes a run with a library of one receiver, one other cell and a doublet."""

    def write(share=(0.3, 0.7), verdict="transfer_supported", flags="", cells=()):
        table(
            tmp_path / "truth/truth_libraries.tsv",
            [("library", "cell_type", "expected_verdict"), ("L1", "all", "transfer_supported")],
        )
        header = ("library", "barcode", "droplet", "tumor_fraction", "tumor_cell_beside")
        table(tmp_path / "truth/truth_cells.tsv", [header, *(("L1", *row) for row in CELLS)])
        header = ("library", "cell_type", "subset", "share_low", "share_high", "verdict", "flags")
        table(
            tmp_path / "results/cell_shares.tsv",
            [header, ("L1", "all", "", *share, verdict, flags)],
        )
        found = {"A": ("transfer_supported", 0.3, 0.6), "B": ("not_detected", 0.0, 0.1),
                 "C": ("explained_by_doublet", 0.4, 0.9)} | dict(cells)  # fmt: skip
        header = ("barcode", "verdict", "tumor_fraction_low", "tumor_fraction_high")
        rows = [header, *((barcode, *values) for barcode, values in found.items())]
        table(tmp_path / "results/samples/L1/L1.cells.tsv.gz", rows)
        return tmp_path / "truth", tmp_path / "results"

    return write


def test_a_run_as_simulated_has_no_problems(run):
    folders = run()
    assert cell_check.problems(*folders) == []
    (group,) = cell_check.groups(*folders)
    assert group.receivers == 0.5  # the doublet has a score and is not tested


def test_doublets_without_scores_are_not_told_from_receivers(run):
    (group,) = cell_check.groups(*run(flags="no_doublet_score"))
    assert group.receivers == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"verdict": "underpowered"}, "L1, all: verdict underpowered, expected transfer_supported"),
        ({"share": (0.6, 0.9)}, "L1, all: 50.0% receivers, found 60.0% to 90.0%"),
        (
            {"cells": {"C": ("transfer_supported", 0.4, 0.9)}},
            "L1: C is transfer_supported without transfer",
        ),
        ({"cells": {"A": ("transfer_supported", 0.6, 0.7)}}, "L1: 1 of 2 intervals hold"),
    ],
)
def test_what_is_not_as_simulated_is_told(run, given, problem):
    (told,) = cell_check.problems(*run(**given))
    assert told.startswith(problem)
