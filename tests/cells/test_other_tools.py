from __future__ import annotations

import gzip

import h5py
import numpy as np
import pytest
from places import RCRS, RESOURCES

from mitotransfer.cells import other_tools
from mitotransfer.genome.reference import load
from mitotransfer.problems import BadFile

#: (position, allele, cell): forward, reverse; 0-based.
TRUTH = {(72, 0, 0): (3, 4), (72, 2, 0): (0, 2), (72, 0, 1): (5, 0), (16000, 3, 1): (1, 1)}
CELLS = ["ACG-1", "TTT-1"]


def mgatk(folder, columns=4, packed=True):
    for allele, base in enumerate("ACGT"):
        lines = []
        for (position, one, cell), (forward, reverse) in TRUTH.items():
            if one == allele:
                words = [position + 1, CELLS[cell], forward, reverse]
                if columns == 6:
                    words = [position + 1, CELLS[cell], forward, 35.2, reverse, 34.1]
                lines.append(",".join(map(str, words)) + "\n")
        raw = "".join(lines).encode()
        name = f"x.{base}.txt" + (".gz" if packed else "")
        (folder / name).write_bytes(gzip.compress(raw) if packed else raw)
    return folder


def mgatk2(folder):
    with h5py.File(folder / "counts.h5", "w") as file:
        file["barcode"] = np.array(CELLS, "S")
        for allele, base in enumerate("ACGT"):
            for strand, name in enumerate(("fwd", "rev")):
                data = np.zeros((16569, 2), np.uint16)
                for (position, one, cell), counts in TRUTH.items():
                    data[position, cell] += counts[strand] * (one == allele)
                file[f"{base}_{name}"] = data
    return folder


def cellsnp(folder):
    """Site 73 A>G, site 16001 C>T."""
    rows = {"AD": ["1 1 2", "2 2 2"], "DP": ["1 1 9", "1 2 5", "2 2 2"], "OTH": []}
    for tag, lines in rows.items():
        head = f"%%MatrixMarket matrix coordinate integer general\n%\n2 2 {len(lines)}\n"
        (folder / f"cellSNP.tag.{tag}.mtx").write_text(head + "".join(f"{x}\n" for x in lines))
    (folder / "cellSNP.samples.tsv").write_text("".join(f"{cell}\n" for cell in CELLS))
    vcf = (
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchrM\t73\t.\tA\tG\nchrM\t16001\t.\tC\tT\n"
    )
    (folder / "cellSNP.base.vcf.gz").write_bytes(gzip.compress(vcf.encode()))
    return folder


@pytest.mark.parametrize(
    ("write", "stranded"),
    [
        (mgatk, True),
        (lambda folder: mgatk(folder, columns=6), True),
        (lambda folder: mgatk(folder, packed=False), True),
        (mgatk2, True),
        (lambda folder: mgatk2(folder) / "counts.h5", True),
        (cellsnp, False),
    ],
)
def test_counts_of_other_tools_are_read(tmp_path, write, stranded):
    entries = other_tools.read(write(tmp_path), RCRS)
    assert entries.stranded == stranded
    cells = other_tools.as_cell_counts(entries, np.array([16000, 72, 5]), frozenset(["TTT-1"]))
    assert cells.barcodes == tuple(CELLS)
    assert cells.positions.tolist() == [5, 72, 16000]
    assert cells.is_cell.tolist() == [False, True]
    expected = np.zeros((2, 3, 4), int)
    for (position, allele, cell), counts in TRUTH.items():
        expected[cell, [5, 72, 16000].index(position), allele] = sum(counts)
    assert np.array_equal(cells.counts, expected)
    total = expected.sum(axis=(1, 2))
    assert cells.depth == pytest.approx(total / (16569 if stranded else 2))
    together = other_tools.bases(entries, frozenset(CELLS))
    assert together.sum() == total.sum()
    if stranded:
        assert together[72, 0].tolist() == [8, 4]
    assert other_tools.bases(entries, frozenset(["ACG-1"]))[16000].sum() == 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: None, "no counts per cell: expected the folder of mgatk"),
        (lambda folder: (mgatk(folder) / "x.G.txt.gz").unlink(), r"\*\.G\.txt\.gz is missing"),
        (lambda folder: (folder / "x.A.txt").write_text("1,A,2\n"), "expected 4 or 6"),
        (lambda folder: (mgatk(folder, packed=False) / "x.A.txt").write_text("16571,A,2,1\n"),
         "count on rCRS"),
        (lambda folder: (folder / "counts.h5").write_bytes(b"no"), "damaged or of another"),
        (lambda folder: (cellsnp(folder) / "cellSNP.base.vcf.gz").unlink(), "copy the folder"),
        (lambda folder: (cellsnp(folder) / "cellSNP.tag.DP.mtx").write_text("2 2 9\n1 1 9\n"),
         "fewer entries than its header says"),
    ],
)  # fmt: skip
def test_other_files_are_told_with_the_cure(tmp_path, spoil, message):
    spoil(tmp_path)
    with pytest.raises(BadFile, match=message):
        other_tools.read(tmp_path, RCRS)


def test_counts_of_another_mitogenome_are_told_by_its_length(tmp_path):
    (mgatk(tmp_path, packed=False) / "x.A.txt").write_text("16400,A,2,1\n")
    assert other_tools.read(tmp_path, RCRS).length == 16569
    with pytest.raises(BadFile, match=r"up to 16400, expected 1 to 16,299: count on NC_005089"):
        other_tools.read(tmp_path, load(RESOURCES / "mouse_C57BL6J"))
