"""The mitochondrial reference: rCRS, its checksum and its circular coordinates.

Positions are 0-based in arrays and 1-based in every file and table. rCRS keeps
the historical length of 16,569 by a placeholder ``N`` at 3107, which no read
can match and which is skipped everywhere (Andrews et al., Nat Genet 1999,
doi 10.1038/13779).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LENGTH = 16569
PLACEHOLDER = 3106  # 0-based index of the N at 3107
# The poly-C tract of HV2, 0-based: its first base, the T between its runs, its last base.
POLY_C = (302, 309, 314)
CHECKSUM = "c68f52674c9fb33aef52dcf399755519"  # M5 of NC_012920.1
CONTIG = "chrM"
BASES = "ACGT"
CODE_N = 4
# Names of the mitochondrial contig, lower case: UCSC, Ensembl, GenBank and RefSeq names of
# GRCh37, GRCh38 and T2T-CHM13 (CP068254.1), and hg19's older sequence (NC_001807.4).
CONTIG_NAMES = frozenset(
    (
        *("chrm", "m", "mt", "chrmt", "rcrs", "chrm_rcrs", "mito", "mtdna", "j01415.2"),
        *("nc_012920.1", "nc_012920", "gi|251831106|ref|nc_012920.1|", "cp068254.1"),
        *("nc_001807.4", "nc_001807", "gi|17981852|ref|nc_001807.4|"),
    )
)
# Lengths of rCRS and of the chrM of hg19, for contigs with a name of their own.
CONTIG_LENGTHS = frozenset((LENGTH, 16571))


def resource(name: str = "") -> Path:
    """A file that comes with the workflow (without a name their folder): genome, tables of facts.

    They lie beside the folder of the scripts, two above the package.
    """
    return Path(str(files(__package__.partition(".")[0]))).resolve().parents[1] / "resources" / name


_CODES = np.full(256, CODE_N, np.uint8)
for _code, _base in enumerate(BASES):
    _CODES[ord(_base)] = _CODES[ord(_base.lower())] = _code


@dataclass(frozen=True)
class Reference:
    """A circular mitogenome.

    Attributes:
        sequence: upper-case bases, ``N`` allowed.
        codes: uint8, shape (length,): A, C, G, T as 0 to 3, anything else 4.
    """

    sequence: str
    codes: NDArray[np.uint8]

    @property
    def length(self) -> int:
        return len(self.sequence)


def encode(sequence: str | bytes) -> NDArray[np.uint8]:
    """Codes (A, C, G, T: 0 to 3; anything else: 4) of a sequence."""
    raw = sequence.encode("ascii") if isinstance(sequence, str) else sequence
    return _CODES[np.frombuffer(raw, np.uint8)]


def allele_codes(alleles: Iterable[str]) -> NDArray[np.int64]:
    """Codes (0 to 3) of alleles of one base, A, C, G or T; shape (n_alleles,).

    Raises:
        ValueError: if an allele is anything else: an indel, N, or lower case.
    """
    listed = list(alleles)
    unknown = set(listed) - set(BASES)
    if unknown:
        raise ValueError(f"allele {min(unknown)!r}: expected one base, A, C, G or T")
    return np.array([BASES.index(allele) for allele in listed], np.int64)


def checksum(sequence: str) -> str:
    """M5 of a sequence as the SAM specification defines it (upper case, MD5)."""
    return hashlib.md5(sequence.upper().encode("ascii"), usedforsecurity=False).hexdigest()


def read_fasta(path: str | Path) -> dict[str, str]:
    """Sequences of a FASTA file by name (first word of the header), upper case."""
    sequences: dict[str, list[str]] = {}
    name = None
    for line in Path(path).read_text(encoding="ascii").splitlines():
        if line.startswith(">"):
            name = line[1:].split()[0] if line[1:].split() else ""
            sequences[name] = []
        elif line.strip():
            if name is None:
                raise ValueError(f"{path}: sequence before the first '>' line")
            sequences[name].append(line.strip().upper())
    return {key: "".join(parts) for key, parts in sequences.items()}


def load(path: str | Path) -> Reference:
    """The reference in a FASTA file that holds one sequence.

    Raises:
        ValueError: if the file does not hold exactly one sequence.
    """
    sequences = read_fasta(path)
    if len(sequences) != 1:
        raise ValueError(f"{path}: expected one sequence, found {len(sequences)}")
    (sequence,) = sequences.values()
    return Reference(sequence, encode(sequence))
