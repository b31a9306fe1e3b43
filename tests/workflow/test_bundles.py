"""The whole chain on a mitogenome that no species has: odd length, no placeholder, another code."""

from __future__ import annotations

import subprocess
import sys

import made_up_genome
import numpy as np
import pysam
import pytest
import yaml
from simulated_reads import Library, pair
from snakemake_run import copy_workflow
from tsv import read_rows, write_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SEQUENCE = made_up_genome.sequence()
CHANGED = {"A": "G", "G": "A", "C": "T", "T": "C"}
#: Somatic variants of the tumour (1-based), one at the last base of the circle.
VARIANTS = (901, 2500, 5300, 6600, made_up_genome.LENGTH)
SHARES = {"T": 1.0, "I": 0.1, "N": 0.0}


def write_reads(folder, name, share, depth=400):
    rng = np.random.default_rng(len(name) + round(100 * share))
    other = list(SEQUENCE)
    for pos in VARIANTS:
        other[pos - 1] = CHANGED[other[pos - 1]]
    genomes = (SEQUENCE, "".join(other))
    made = Library()
    for k in range(depth * len(SEQUENCE) // 200):
        genome = genomes[rng.random() < share]
        size = int(rng.integers(180, 260))
        bases = pair(genome, int(rng.integers(len(SEQUENCE))), size, 100, bool(k % 2))
        made.add(f"{name}.{k}", bases, ("I" * 100, "I" * 100))
    return made.write(folder / name)


def test_a_made_up_genome_goes_through_the_whole_chain(tmp_path):
    workflow = copy_workflow(tmp_path / "workflow")
    home = workflow.folder
    (home / "made_up.gb").write_text(made_up_genome.genbank())
    command = [sys.executable, "scripts/make_bundle.py", "made_up", "--genbank", "made_up.gb"]
    subprocess.run([*command, "--species", "fictus"], cwd=home, check=True)
    rows = []
    for name, role in zip(SHARES, ("tumor", "immune", "normal"), strict=True):
        lane = write_reads(home, name, SHARES[name])
        row = {"sample": name, "patient": "P", "role": role, "assay": "capture"}
        rows.append(row | {"fastq_1": lane.fastq_1.name, "fastq_2": lane.fastq_2.name})
    write_rows(home / "samples.tsv", rows)
    (home / "more.yaml").write_text("reference: {bundle: made_up}\n")
    words = ["--configfile", "config/config.yaml", "more.yaml", "--config", "samples=samples.tsv"]
    workflow.run("--cores", "2", *words, "patients=", "results=out")
    (row,) = read_rows(home / "out/transfer.tsv")
    assert row["n_informative"] == "5" and abs(float(row["tumor_fraction"]) - 0.1) < 0.015
    shared = {int(one["pos"]): one for one in read_rows(home / "out/shared_variants.tsv")}
    assert sorted(shared) == sorted(VARIANTS)
    assert shared[2500]["gene"] == "fi-COX1" and shared[made_up_genome.LENGTH]["gene"] == "fi-CR"
    with pysam.VariantFile(str(home / "out/samples/T/T.vcf.gz")) as source:
        (contig,) = source.header.contigs.values()
        assert (contig.name, contig.length) == ("chrM", made_up_genome.LENGTH)
        assert "assembly=XX000001.1" in str(source.header)
    page = (home / "out/report/patients/P.html").read_text()
    assert "rCRS" not in page and "XX000001.1" in page
    facts = yaml.safe_load((home / "made_up/bundle.yaml").read_text())
    assert facts["placeholder"] is None and facts["genetic_code"] == 4
