"""Custom content for MultiQC."""

from __future__ import annotations

import pytest
from qc_summaries import summaries

from mitotransfer.report import multiqc


def test_sections_hold_the_figures():
    samples = summaries()
    found = {section["id"]: section["data"] for section in multiqc.sections(samples)}
    assert set(found) == {"mito_general"} | {
        f"mito_{key}" for key in ("coverage", "substitutions", "inserts", "duplicates", "strands",
                                  "numts", "origin")
    }  # fmt: skip
    assert found["mito_general"]["S_1.a"]["mean_depth"] == pytest.approx(120, abs=0.01)
    assert found["mito_general"]["S_1.a"]["used_share"] == 75
    assert found["mito_coverage"]["T"][0] == (50, 20)
    assert found["mito_strands"]["T"] == pytest.approx({"forward": 25, "reverse": 75}, abs=0.001)
    assert found["mito_duplicates"]["T"] == pytest.approx({"chance": 2.5, "beyond": 7.5})
    assert found["mito_numts"]["T"] == pytest.approx({"mismatches": 12, "decoy": 20})
    assert found["mito_inserts"]["T"] == [(0, 0), (10, 25), (20, 75)]
    assert (
        found["mito_substitutions"]["S_1.a"]["A>G"] > 0 == found["mito_substitutions"]["T"]["A>G"]
    )
    assert "none" not in found["mito_duplicates"] and "none" not in found["mito_strands"]
