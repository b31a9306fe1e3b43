from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from mitotransfer.inputs import cell_annotation as annotation
from mitotransfer.problems import InputError

ROWS = [
    ("TTT-1", "immune", "CD8", "exhausted", "0.01", "NA", "7"),
    ("ACG-1", "tumor", "Cancer", "", "0.2", "0.9", "3"),
    ("CCC-1", "unknown", "", "", "", "", "5"),
]
HEADER = ("barcode", "cell_role", "cell_type", "subset", "doublet_score", "tumor_score", "cluster")


def text(separator, header=HEADER, rows=ROWS):
    return "".join(separator.join(row) + "\n" for row in (header, *rows))


def check(frame):
    assert frame.index.tolist() == ["ACG-1", "CCC-1", "TTT-1"]
    assert frame.columns.tolist() == list(HEADER[1:])
    assert frame["cell_role"].tolist() == ["tumor", "unknown", "immune"]
    assert frame["cell_type"].tolist() == ["Cancer", "", "CD8"]
    assert frame["subset"].tolist() == ["", "", "exhausted"]
    assert np.array_equal(frame["doublet_score"], [0.2, np.nan, 0.01], equal_nan=True)
    assert np.array_equal(frame["tumor_score"], [0.9, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize("separator", ["\t", ","])
@pytest.mark.parametrize("packed", [False, True])
def test_text_is_read(tmp_path, separator, packed):
    raw = text(separator).encode()
    (tmp_path / "a").write_bytes(gzip.compress(raw) if packed else raw)
    check(annotation.read(tmp_path / "a"))


def test_tables_of_r_have_no_name_for_the_barcodes(tmp_path):
    for header in (HEADER[1:], ("", *HEADER[1:]), ("cell_barcode", *HEADER[1:])):
        quoted = [f'"{cell}"' for cell in header]
        (tmp_path / "a.csv").write_text(text(",", quoted))
        check(annotation.read(tmp_path / "a.csv"))


def test_h5ad_is_read_as_anndata_writes_it(tmp_path):
    import anndata

    obs = pd.DataFrame([row[1:] for row in ROWS], [row[0] for row in ROWS], HEADER[1:])
    for column in ("doublet_score", "tumor_score"):
        obs[column] = pd.to_numeric(obs[column].replace("NA", ""))
    obs["cell_type"] = obs["cell_type"].astype("category")
    obs["cluster"] = obs["cluster"].astype(int)
    obs["sure"] = pd.array([True, None, False], "boolean")
    anndata.AnnData(np.zeros((3, 1), np.float32), obs).write_h5ad(tmp_path / "a.h5ad")
    frame = annotation.read(tmp_path / "a.h5ad")
    check(frame.drop(columns="sure"))
    assert frame["cluster"].tolist() == [3, 5, 7]
    assert frame["sure"].tolist()[1:] == [False, True]


def test_optional_columns_may_be_missing(tmp_path):
    (tmp_path / "a.tsv").write_text("barcode\tcell_role\tcell_type\nA-1\ttumor\tx\n")
    frame = annotation.read(tmp_path / "a.tsv")
    assert frame["subset"].tolist() == [""]
    assert frame[["doublet_score", "tumor_score"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("barcode\tcell_type\nA\tx\n", "a.tsv:1: cell_role: required column is missing"),
        ("barcode\tcell_roles\tcell_type\nA\ttumor\tx\n", "did you mean 'cell_roles'"),
        ("barcode\tcell_role\tcell_type\nA\ttumour\tx\n",
         "a.tsv:2: cell_role: found 'tumour', expected one of tumor, immune, normal, unknown; did "
         "you mean 'tumor'"),
        ("barcode\tcell_role\tcell_type\nA\ttumor\tx\nA\ttumor\tx\n",
         "a.tsv:3: barcode: barcode 'A' is there twice"),
        ("barcode\tcell_role\tcell_type\n\ttumor\tx\n", "a.tsv:2: barcode: is empty"),
        ("barcode\tcell_role\tcell_type\tdoublet_score\nA\ttumor\tx\t12\n",
         "a.tsv:2: doublet_score: found 12, expected the probability of a doublet, 0 to 1"),
        ("barcode\tcell_role\tcell_type\tdoublet_score\nA\ttumor\tx\tlow\n", "expected a number"),
        ("barcode\tcell_role\tcell_type\nA\ttumor\n", "a.tsv:2: found 2 cells, expected 3"),
        ("barcode\tcell_role\tcell_type\n", "has no rows"),
        ("", "has no rows"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(tmp_path, content, message):
    path = tmp_path / "a.tsv"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        annotation.read(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe\x00", "is no TSV, CSV or h5ad"), (annotation._HDF5 + b"cut", "copy it again")],
)
def test_other_files_are_told(tmp_path, content, message):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError, match=message):
        annotation.read(tmp_path / "a")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        annotation.read(tmp_path / "none.tsv")


def test_cells_of_a_role(tmp_path):
    (tmp_path / "a.tsv").write_text(text("\t"))
    frame = annotation.read(tmp_path / "a.tsv")
    assert annotation.cells_of_role(frame, "tumor") == ["ACG-1"]
    assert annotation.roles_of(tmp_path / "a.tsv") == {"tumor": 1, "immune": 1, "unknown": 1}
