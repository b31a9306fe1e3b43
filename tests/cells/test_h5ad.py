from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mitotransfer.cells import h5ad


@pytest.fixture(scope="module")
def anndata():
    """The package, which takes a second to import and nothing else needs."""
    import anndata

    return anndata


@pytest.fixture
def parts():
    rng = np.random.default_rng(0)
    barcodes = [f"C{k}-1" for k in range(6)]
    cells = pd.DataFrame(
        {
            "verdict": ["not_detected", "underpowered", "not_detected", "", None, "x"],
            "tumor_fraction": [0.1, np.nan, 0, 0.2, 1, 0.5],
            "alt": np.arange(6),
            "doublet": [True, False] * 3,
        },
        index=barcodes,
    )
    variants = pd.DataFrame({"tumor_vaf": [0.97, 0.4]}, index=["16147C>T", "73A>G"])
    return cells, variants, rng.poisson(1, (6, 2)), rng.poisson(9, (6, 2))


def test_anndata_reads_what_is_written(anndata, parts, tmp_path):
    cells, variants, alt, depth = parts
    h5ad.write(tmp_path / "cells.h5ad", *parts)
    found = anndata.read_h5ad(tmp_path / "cells.h5ad")
    assert found.obs_names.tolist() == cells.index.tolist()
    assert found.var_names.tolist() == variants.index.tolist()
    assert found.obs.columns.tolist() == [f"mito_{name}" for name in cells.columns]
    assert found.obs["mito_verdict"].tolist() == [
        "not_detected",
        "underpowered",
        "not_detected",
        "",
        "",
        "x",
    ]
    for column in ("tumor_fraction", "alt", "doublet"):
        one, other = found.obs[f"mito_{column}"], cells[column]
        assert np.array_equal(one.to_numpy(float), other.to_numpy(float), equal_nan=True)
    assert found.var["tumor_vaf"].tolist() == [0.97, 0.4]
    assert np.array_equal(found.X.toarray(), alt)
    assert np.array_equal(found.layers["depth"].toarray(), depth)


def test_it_joins_the_table_of_other_results_in_two_lines(anndata, parts, tmp_path):
    h5ad.write(tmp_path / "cells.h5ad", *parts)
    adata = anndata.AnnData(np.zeros((2, 1)), pd.DataFrame(index=["C3-1", "other-1"]))
    mito = anndata.read_h5ad(tmp_path / "cells.h5ad").obs
    adata.obs = adata.obs.join(mito)
    assert adata.obs["mito_tumor_fraction"].tolist()[0] == 0.2
    assert np.isnan(adata.obs["mito_tumor_fraction"].iloc[1])


def test_equal_content_is_equal_bytes_and_no_cells_are_written(anndata, parts, tmp_path):
    for name in ("one", "other"):
        h5ad.write(tmp_path / name, *parts)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    cells, variants, alt, depth = parts
    h5ad.write(tmp_path / "none", cells.iloc[:0], variants, alt[:0], depth[:0])
    assert anndata.read_h5ad(tmp_path / "none").shape == (0, 2)
