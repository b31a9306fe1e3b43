"""The demo of single cells through the whole workflow: verdicts as simulated."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from snakemake_run import Workflow, copy_workflow
from tsv import read_rows

from mitotransfer.cells import cell_counts, tables
from mitotransfer.counts import allele_counts

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

OPTIONS = ["samples=demo-cells/samples.tsv", "patients=demo-cells/patients.tsv",
           "results=demo-cells/results"]  # fmt: skip


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    made = copy_workflow(tmp_path_factory.mktemp("cells") / "workflow")
    simulate = [sys.executable, "scripts/simulate_cells.py", "--output", "demo-cells"]
    subprocess.run(simulate, cwd=made.folder, check=True)
    made.run("--cores", "2", "--config", *OPTIONS)
    return made


@pytest.fixture
def results(workflow):
    return workflow.folder / "demo-cells/results"


@pytest.fixture
def somatic(workflow):
    """Positions and bases of the tumour's variants, by library."""
    found = {}
    for row in read_rows(workflow.folder / "demo-cells/truth/truth_cell_variants.tsv"):
        if row["kind"] == "somatic":
            found.setdefault(row["library"], set()).add((int(row["pos"]), row["alt"]))
    return found


@pytest.fixture
def cells(workflow):
    """Truth of each droplet, by library and barcode."""
    rows = read_rows(workflow.folder / "demo-cells/truth/truth_cells.tsv")
    return {(row["library"], row["barcode"]): row for row in rows}


def test_every_verdict_is_as_simulated(workflow):
    check = [sys.executable, "scripts/check_cells.py", "--truth", "demo-cells/truth"]
    done = subprocess.run(
        [*check, "--results", "demo-cells/results"], cwd=workflow.folder, check=False,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "All as simulated."


def test_a_run_that_is_not_as_simulated_is_told(workflow, tmp_path):
    truth = workflow.folder / "demo-cells/truth"
    for path in truth.iterdir():
        text = path.read_text().replace("transfer_supported", "uninformative")
        (tmp_path / path.name).write_text(text)
    check = [sys.executable, "scripts/check_cells.py", "--truth", str(tmp_path)]
    done = subprocess.run(
        [*check, "--results", "demo-cells/results"], cwd=workflow.folder, check=False,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "C01-ATAC, CD8: verdict transfer_supported, expected uninformative" in done.stdout


def test_the_cells_of_each_role_are_samples_like_others(results, cells):
    rows = read_rows(results / "cohort/samples.tsv")
    roles = {row["sample"]: row["role"] for row in rows}
    assert roles["C01-ATAC.immune"] == "immune" and roles["C01-PBMC"] == "normal"
    for role in ("tumor", "immune"):
        counts = allele_counts.load(results / f"samples/C01-ATAC.{role}/C01-ATAC.{role}.counts.npz")
        assert not counts.failed
        number = sum(
            library == "C01-ATAC" and row["droplet"] != "empty"
            and (row["droplet"] == "tumor") == (role == "tumor")
            for (library, _), row in cells.items()
        )  # fmt: skip
        assert counts.meta["cells"] == number


def test_a_pseudobulk_without_nuclear_reads_is_never_supported(results):
    verdicts = {row["sample"]: row["verdict"] for row in read_rows(results / "transfer.tsv")}
    assert verdicts["C01-ATAC.immune"] == "contamination_not_excluded"
    assert verdicts["C02-ATAC.immune"] == "contamination_not_excluded"


def test_cells_are_counted_where_the_tumour_has_its_own_alleles(results, cells, somatic):
    counted = cell_counts.load(results / "samples/C01-ATAC/C01-ATAC.cells.npz")
    found = {(at + 1, "ACGT"[allele]) for at, allele in counted.meta["candidates"]}
    assert somatic["C01-ATAC"] <= found
    droplets = [cells["C01-ATAC", barcode]["droplet"] for barcode in counted.barcodes]
    assert counted.is_cell.tolist() == [one != "empty" for one in droplets]
    at = [counted.positions.tolist().index(pos - 1) for pos, _ in sorted(somatic["C01-ATAC"])]
    allele = ["ACGT".index(alt) for _, alt in sorted(somatic["C01-ATAC"])]
    alt = counted.counts[:, at, allele].sum(axis=1)
    share = alt / np.maximum(counted.counts[:, at].sum(axis=(1, 2)), 1)
    assert np.median(share[[one == "tumor" for one in droplets]]) > 0.7
    assert np.median(share[[one == "CD4" for one in droplets]]) < 0.05


def test_free_mtdna_is_measured_as_a_share_of_the_cells_depth(results, cells):
    """Filters take as much of free mtDNA as of the cells'."""
    counted = cell_counts.load(results / "samples/C01-ATAC/C01-ATAC.cells.npz")
    truth = [cells["C01-ATAC", barcode] for barcode in counted.barcodes]
    depth = np.array([float(row["depth"]) + float(row["free_mtdna"]) for row in truth])
    kept = counted.depth.sum() / depth.sum()
    shares = read_rows(results / "samples/C01-ATAC/C01-ATAC.cell_shares.tsv")
    simulated = np.mean([float(row["free_mtdna"]) for row in truth])
    assert float(shares[0]["ambient"]) == pytest.approx(kept * simulated, rel=0.1)
    assert float(shares[0]["ambient_tumor"]) == pytest.approx(0.6, abs=0.1)


def test_modified_sites_of_rna_are_no_evidence(results, somatic):
    table = tables.CELL_VARIANTS.read(results / "samples/C02-RNA/C02-RNA.cell_variants.tsv")
    reasons = dict(zip(table["pos"], table["reason"], strict=True))
    known = {pos for pos, _ in somatic["C02-RNA"]}
    assert {pos for pos, reason in reasons.items() if reason == ""} <= known
    assert len([pos for pos in known if reasons[pos] == ""]) >= 2
    assert reasons[8000] == "not_in_dna" and not {585, 2617} & set(reasons)


def test_a_pseudobulk_of_rna_is_judged_by_variants_of_dna(results, somatic):
    rows = {row["sample"]: row for row in read_rows(results / "transfer.tsv")}
    rna = rows["C02-RNA.immune"]
    assert rna["verdict"] in ("contamination_not_excluded", "not_detected", "underpowered")
    assert "of_rna" in rna["flags"] and "of_rna" not in rows["C02-ATAC.immune"]["flags"]
    evidence = read_rows(results / "patients/C02/evidence.tsv")
    used = {(int(row["pos"]), row["alt"]) for row in evidence if row["usable"] == "true"}
    assert used <= somatic["C02-RNA"]
    pooled = {
        row["sample"]: row["pooled"] for row in read_rows(results / "patients/C02/pooled.tsv")
    }
    assert pooled["C02-RNA.tumor"] == "false" and pooled["C02-ATAC.tumor"] == "true"
    counts = allele_counts.load(results / "samples/C02-RNA.immune/C02-RNA.immune.counts.npz")
    assert counts.alleles[[584, 2616]].sum() == 0


def test_the_origin_of_the_reads_is_on_record(results):
    rows = read_rows(results / "samples/C01-ATAC.immune/C01-ATAC.immune.checksums.tsv")
    names = [row["path"].rsplit("/", 1)[-1] for row in rows]
    assert names == ["C01-ATAC.bam", "C01-ATAC.bam", "C01-ATAC.cells.tsv"]
    assert [row["role"] for row in rows] == ["shared", "output", "shared"]


def test_every_immune_cell_has_a_verdict(results, cells):
    found = tables.CELLS.read(results / "samples/C01-ATAC/C01-ATAC.cells.tsv.gz")
    immune = {barcode for (library, barcode), row in cells.items()
              if library == "C01-ATAC" and row["droplet"] in ("CD8", "CD4")}  # fmt: skip
    assert set(found["barcode"]) == immune
    assert "no_bulk_normal" not in "".join(found["flags"])
    supported = set(found["barcode"][found["verdict"] == "transfer_supported"])
    receivers = {one for one in immune if float(cells["C01-ATAC", one]["tumor_fraction"]) > 0}
    assert len(supported & receivers) > 0.5 * len(receivers)


def test_pages_of_libraries_and_patients_link_to_each_other(results):
    page = (results / "report/patients/C02.html").read_text()
    assert all(f'href="../libraries/{name}.html"' in page for name in ("C02-ATAC", "C02-RNA"))
    assert "C01-ATAC" not in page
    page = (results / "report/libraries/C02-RNA.html").read_text()
    assert 'href="../patients/C02.html"' in page and "C02-RNA.cells.foreign" in page


def test_a_second_run_has_nothing_to_do(workflow):
    assert Workflow(workflow.folder).plan("--config", *OPTIONS) == {}
