"""Long reads of a tumour with a deletion: the steps from reads to the table of molecules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from long_molecules import HIFI, molecule, needs_minimap2, with_errors, write
from places import BUNDLE, REPOSITORY
from simulated_reads import CIRCLE, index, on_circle

from mitotransfer.patient.molecule_patterns import PATTERNS
from mitotransfer.patient.molecule_table import MOLECULES

#: SNVs outside the deletion, and one inside; the common deletion on the circle.
OUTSIDE, INSIDE = (5000, 15_000), 11_000
LOST = slice(8469 - 1, 13_446 - 1)
OTHER = {"A": "G", "G": "A", "C": "T", "T": "C"}
FRACTION = 0.05


def run(script: str, *words: object) -> None:
    command = [sys.executable, str(REPOSITORY / f"scripts/{script}.py"), *map(str, words)]
    subprocess.run(command, check=True, capture_output=True, text=True)


def circle_of(kind: str) -> str:
    """Bases of a molecule: of the tumour with and without the deletion, of others."""
    whole = list(molecule(0, len(CIRCLE)))
    if kind != "other":
        for pos in (*OUTSIDE, INSIDE):
            whole[on_circle(pos)] = OTHER[whole[on_circle(pos)]]
    if kind == "deleted":
        whole[LOST] = []
    return "".join(whole)


def reads_of(rng: np.random.Generator, number: int, tumor: float, bases: int) -> list[str]:
    """Reads with whole turns at most; of the tumour's molecules six in ten are deleted."""
    circles = {kind: circle_of(kind) for kind in ("deleted", "whole", "other")}
    found = []
    for kind in rng.choice(list(circles), number, p=[0.6 * tumor, 0.4 * tumor, 1 - tumor]):
        own = circles[kind]
        start = int(rng.integers(len(own)))
        text = (own * 2)[start : start + min(bases, len(own))]
        found.append(with_errors(rng, text, HIFI))
    return found


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    folder: Path = tmp_path_factory.mktemp("long")
    prefix, rng = index(folder), np.random.default_rng(4)
    for name, number, tumor in (("T", 150, 1.0), ("I", 400, FRACTION), ("N", 250, 0.0)):
        own = folder / name
        own.mkdir()
        files = own / f"{name}."
        reads = write(own / "reads.fq.gz", reads_of(rng, number, tumor, 13_000), "I")
        run("count_alleles", "--fastq", reads, "--sample", name, "--index", prefix, "--platform",
            "pacbio", "--counts", f"{files}counts.npz", "--qc", f"{files}qc.json")  # fmt: skip
        run("call_variants", "--sample", name, "--counts", f"{files}counts.npz", "--vcf",
            f"{files}vcf.gz", "--tested", f"{files}tested.tsv.gz", "--errors",
            f"{files}errors.json", "--calls", f"{files}calls.tsv")  # fmt: skip
    out = {name: folder / f"{name}.tsv" for name in
           ("evidence", "contamination", "pooled", "tumor-cells", "molecules")}  # fmt: skip
    run("compare_samples", "--patient", "P", "--samples-folder", folder, "--bundle", BUNDLE,
        *(w for name, role in (("T", "tumor"), ("I", "immune"), ("N", "normal"))
          for w in ("--sample", name, role)),
        *(w for name, path in out.items() for w in (f"--{name}", path)))  # fmt: skip
    traced = folder / "I.molecules.tsv.gz"
    run("trace_molecules", "--patient", "P", "--sample", "I", "--counts", folder / "I/I.counts.npz",
        "--evidence", out["evidence"], "--patterns", out["molecules"], "--bundle", BUNDLE,
        "--molecules", traced)  # fmt: skip
    return {"patterns": PATTERNS.read(out["molecules"]), "molecules": MOLECULES.read(traced)}


@needs_minimap2
@pytest.mark.slow
def test_the_deletion_is_an_allele_of_molecules(tables: dict[str, pd.DataFrame]) -> None:
    patterns = tables["patterns"]
    names = str(patterns["variants"].iloc[0]).split(",")
    assert [name[:4] for name in names] == ["5000", "m.84", "1100", "1500"]
    tumor = patterns[patterns["role"] == "tumor"].groupby("pattern")["molecules"].sum()
    # Of the tumour's molecules six in ten have the junction, and no base inside.
    with_it = tumor[tumor.index.str[1] == "1"]
    assert with_it.sum() / tumor[tumor.index.str[1] != "."].sum() == pytest.approx(0.6, abs=0.12)
    assert set(with_it.index.str[2]) == {"."}
    normal = patterns[patterns["role"] == "normal"]
    assert not normal["pattern"].str[1].eq("1").any()
    assert normal["pattern"].str[1].eq("0").any()


@needs_minimap2
@pytest.mark.slow
def test_each_molecule_has_its_origin(tables: dict[str, pd.DataFrame]) -> None:
    rows = tables["molecules"]
    joined = rows[rows["pattern"].str[1] == "1"]
    assert len(joined) >= 5 and (joined["class"] == "tumor").all()
    assert joined["tumor_alleles"].str.contains("m.8483_13459del", regex=False).all()
    assert (joined["posterior"] > 0.9).all()
    share = (rows["class"] == "tumor").mean()
    assert share == pytest.approx(FRACTION, abs=0.035)
    assert (rows.loc[rows["class"] == "tumor", "pattern"].str.count("1") >= 1).all()
