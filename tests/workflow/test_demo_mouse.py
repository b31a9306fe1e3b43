"""The small cohort of mice: verdicts as simulated, names and pages of the mouse."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest
from places import REPOSITORY
from snakemake_run import make
from tsv import read_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

DEMO = REPOSITORY / "demo-mouse"


@pytest.fixture(scope="module")
def results() -> Path:
    make("demo-mouse")
    return DEMO / "results"


def test_verdicts_and_fractions_are_as_simulated(results):
    truth = {row["sample"]: row for row in read_rows(DEMO / "truth/truth_samples.tsv")}
    found = {row["sample"]: row for row in read_rows(results / "transfer.tsv")}
    assert {name: row["verdict"] for name, row in found.items()} == {
        name: row["expected_verdict"] for name, row in truth.items()
    }
    for name, row in found.items():
        low, high = (float(row[f"tumor_fraction_{end}"]) for end in ("low", "high"))
        assert low <= float(truth[name]["tumor_fraction"]) <= high


def test_animals_of_the_strain_cannot_be_told_apart(results):
    rows = {row["sample"]: row for row in read_rows(results / "cohort/identity.tsv")}
    assert {rows[name]["same_haplotype"] for name in ("M1-TIL", "M2-TIL", "M3-spleen")} == {"2"}


def test_files_and_pages_name_the_mouse(results):
    with pysam.VariantFile(str(results / "samples/M1-tumor/M1-tumor.vcf.gz")) as source:
        (contig,) = source.header.contigs.values()
        assert (contig.name, contig.length) == ("chrM", 16299)
        assert "assembly=NC_005089.1" in str(source.header)
    genes = {row["gene"] for row in read_rows(results / "shared_variants.tsv")}
    assert genes and not any(gene.startswith("MT-") for gene in genes)
    pages = [results / "report/index.html", *(results / "report/patients").glob("*.html")]
    assert len(pages) == 4
    for page in pages:
        text = page.read_text()
        assert "rCRS" not in text and "MT-" not in text and "16,569" not in text, page
