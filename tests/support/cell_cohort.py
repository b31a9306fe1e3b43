"""A small cohort with a library of single cells: reads, annotation and sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam
from cell_reads import barcodes
from places import RCRS

#: 0-based positions at which the tumour differs from the patient's other cells.
TUMOR = (2000, 6000, 11000, 14500)
_LENGTH, _INSERT = 75, 140
_QUALITY = "I" * _LENGTH
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def genome(variants=()):
    """The circle's bases with a change at some reference positions."""
    bases = list(RCRS.sequence)
    for at in variants:
        bases[at] = bases[at].translate(str.maketrans("ACGT", "GTAC"))
    return "".join(bases).replace("N", "")


def pairs(rng, sequence, number):
    """Random pairs of a genome: position on the circle and both mates as sequenced."""
    doubled = sequence + sequence[:_INSERT]
    for start in rng.integers(0, len(sequence), number).tolist():
        insert = doubled[start : start + _INSERT]
        yield start, insert[:_LENGTH], insert[-_LENGTH:].translate(_COMPLEMENT)[::-1]


def write_library(path, rng, cells, number):
    """An unaligned BAM of the pairs of cells; ``cells``: genome by barcode."""
    header = {"HD": {"VN": "1.6", "SO": "unsorted"}}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for cell, sequence in cells.items():
            for k, (_, one, two) in enumerate(pairs(rng, sequence, number[cell])):
                for flag, bases in ((77, one), (141, two)):
                    read = pysam.AlignedSegment(out.header)
                    read.query_name, read.flag = f"{cell}:{k}", flag
                    read.query_sequence, read.query_qualities_str = bases, _QUALITY
                    read.set_tag("CB", cell)
                    out.write(read)


def write_cohort(folder: Path, seed: int = 1) -> dict[str, list[str]]:
    """A patient with bulk DNA as normal, and a library of cells; gives the barcodes by role."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    names = barcodes(rng, 60)
    roles = {"tumor": names[:12], "immune": names[12:30], "droplets": names[30:]}
    own, tumor = genome(), genome(TUMOR)
    cells = {name: tumor if name in roles["tumor"] else own for name in names}
    number = {name: 10 if name in roles["droplets"] else 700 for name in names}
    write_library(folder / "L1.bam", rng, cells, number)
    for mate in (1, 2):
        rng = np.random.default_rng(seed + 1)
        with open(folder / f"N1_{mate}.fastq", "w") as out:
            for k, found in enumerate(pairs(rng, own, 25_000)):
                out.write(f"@n{k}\n{found[mate]}\n+\n{_QUALITY}\n")
    rows = [f"{name}\t{role}\t{role}\n" for role in ("tumor", "immune") for name in roles[role]]
    (folder / "cells.tsv").write_text("barcode\tcell_role\tcell_type\n" + "".join(rows))
    header = ("sample", "patient", "role", "assay", "fastq_1", "fastq_2", "bam", "cell_annotation")
    sheet = [
        header,
        ("N1", "P1", "normal", "capture", f"{folder}/N1_1.fastq", f"{folder}/N1_2.fastq", "", ""),
        ("L1", "P1", "cells", "sc_atac", "", "", f"{folder}/L1.bam", f"{folder}/cells.tsv"),
    ]
    (folder / "samples.tsv").write_text("".join("\t".join(row) + "\n" for row in sheet))
    return roles
