"""The step that counts the cells of one role, as a command line, from counts of another tool."""

import json
import sys
from unittest import mock

import pytest
from places import RCRS
from tsv import read_rows

import count_group
from mitotransfer.counts import allele_counts
from mitotransfer.genome import reference


@pytest.fixture
def folder(tmp_path):
    """mgatk's text of a tumour cell and two immune cells: 20 fragments a position, own bases."""
    made = tmp_path / "x.mgatk"
    made.mkdir()
    for base in "ACGT":
        rows = [
            f"{i + 1},{cell},11,9"
            for cell in ("C1", "C2", "C3")
            for i, own in enumerate(RCRS.sequence)
            if own == base
        ]
        (made / f"x.{base}.txt").write_text("\n".join(rows) + "\n")
    (made / ".hidden").write_text("")
    annotation = ["C1\ttumor\tt", "C2\timmune\tCD8", "C3\timmune\tCD8"]
    lines = ["barcode\tcell_role\tcell_type", *annotation]
    (tmp_path / "cells.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path


def run(folder, role, *words):
    outputs = {name: folder / f"{role}.{name}" for name in ("counts", "qc", "checksums")}
    argv = [
        "count_group.py", "--sample", f"L.{role}", "--role", role, "--cell-counts",
        folder / "x.mgatk", "--annotation", folder / "cells.tsv", "--bundle", reference.bundled(),
        *words,
    ]  # fmt: skip
    for name, path in outputs.items():
        argv += [f"--{name}", path]
    with mock.patch.object(sys, "argv", [str(word) for word in argv]):
        count_group.main()
    return outputs


def test_cells_counted_by_another_tool_are_a_sample(folder):
    made = run(folder, "immune")
    counts = allele_counts.load(made["counts"], sums=True)
    assert (counts.tool, counts.failed, counts.meta["cells"]) == ("mgatk", "", 2)
    assert counts.bases.sum(axis=1)[[0, 300, 16568]].tolist() == [[22, 18]] * 3
    assert json.loads(made["qc"].read_text())["mean_depth"] == 40
    inputs = [row["path"].rsplit("/", 1)[1] for row in read_rows(made["checksums"])]
    assert inputs == ["x.A.txt", "x.C.txt", "x.G.txt", "x.T.txt", "cells.tsv"]


def test_a_role_without_counted_cells_fails_as_a_sample(folder, capsys):
    text = (folder / "cells.tsv").read_text()
    (folder / "cells.tsv").write_text(text.replace("C1\ttumor", "C9\ttumor"))
    counts = allele_counts.load(run(folder, "tumor")["counts"])
    assert counts.failed == "the counts of mgatk hold none of its cells"
    assert counts.failed in capsys.readouterr().err
