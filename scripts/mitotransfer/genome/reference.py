"""A mitochondrial reference: its sequence, and what its bundle says of it.

Positions are 0-based in arrays and 1-based in every file and table. A reference may have one
placeholder ``N``, which keeps historical numbers. No read can match it, and it is skipped
everywhere (rCRS at 3107: Andrews et al., Nat Genet 1999, doi 10.1038/13779).
"""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

BASES = "ACGT"
CODE_N = 4
#: The code of each base, and the letter of each code.
CODE_OF = {base: code for code, base in enumerate(BASES)}
LETTERS = np.array(list(BASES + "N"), object)
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def resource(name: str = "") -> Path:
    """A file or folder that comes with the workflow (without a name the folder of all): bundles.

    They lie beside the folder of the scripts, two above the package.
    """
    return Path(str(files(__package__.partition(".")[0]))).resolve().parents[1] / "resources" / name


#: The bundle of a run that names none.
DEFAULT_BUNDLE = "human_rCRS"


def bundled(name: str = DEFAULT_BUNDLE) -> Path:
    """The folder of a bundle that comes with the workflow."""
    return resource(name)


def add_bundle_option(parser: ArgumentParser) -> None:
    """Add ``--bundle``, the folder of the bundle; by default the bundled human one."""
    parser.add_argument("--bundle", default=bundled(), help="bundle of the genome: its folder")


_CODES = np.full(256, CODE_N, np.uint8)
for _base, _code in CODE_OF.items():
    _CODES[ord(_base)] = _CODES[ord(_base.lower())] = _code


@dataclass(frozen=True)
class Facts:
    """What a bundle says of its genome.

    Attributes:
        name: of the bundle.
        species: in plain words (human), and ``scientific_name``.
        assembly: short name of the sequence, for headers and pages.
        contig: name of the contig in the files of the pipeline.
        contig_names: its names in files of users, lower case.
        contig_lengths: lengths by which a contig with a name of its own is known.
        gene_prefix: what the names of genes start with; left out in figures.
        stretch_differences: least number of differences between any two stretches of 60 bases of
            the circle, on either strand; 0: unknown.
        split_tract: two runs of one base around another base, 0-based: its first base, the other
            base, its last base; empty: none.
        origins: first and last base (1-based) of the origins of replication of the heavy and of
            the light strand; empty: unknown.
    """

    name: str = ""
    species: str = ""
    scientific_name: str = ""
    assembly: str = ""
    accession: str = ""
    contig: str = "chrM"
    contig_names: frozenset[str] = frozenset()
    contig_lengths: frozenset[int] = frozenset()
    gene_prefix: str = ""
    stretch_differences: int = 0
    split_tract: tuple[int, ...] = ()
    origins: tuple[tuple[int, int], ...] = ()

    @property
    def title(self) -> str:
        """Name of the sequence with its accession."""
        short, accession = self.assembly, self.accession
        return accession if short in ("", accession) else f"{short} ({accession})"


@dataclass(frozen=True)
class Reference:
    """A circular mitogenome.

    Attributes:
        sequence: upper-case bases, ``N`` allowed.
        codes: uint8, shape (length,): A, C, G, T as 0 to 3, anything else 4.
        facts: of its bundle.
    """

    sequence: str
    codes: NDArray[np.uint8]
    facts: Facts = Facts()  # never changed

    @property
    def length(self) -> int:
        return len(self.sequence)

    @cached_property
    def placeholder(self) -> int:
        """0-based position of the placeholder N; -1 where the sequence has none."""
        return self.sequence.find("N")


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
    unknown = set(listed) - set(CODE_OF)
    if unknown:
        raise ValueError(f"allele {min(unknown)!r}: expected one base, A, C, G or T")
    return np.array([CODE_OF[allele] for allele in listed], np.int64)


def reverse_complement(sequence: str) -> str:
    """The other strand of a sequence of A, C, G, T and N."""
    return sequence.translate(_COMPLEMENT)[::-1]


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


def of_fasta(path: str | Path, facts: Facts) -> Reference:
    """The reference in a FASTA file that holds one sequence.

    Raises:
        ValueError: if the file does not hold exactly one sequence.
    """
    sequences = read_fasta(path)
    if len(sequences) != 1:
        raise ValueError(f"{path}: expected one sequence, found {len(sequences)}")
    (sequence,) = sequences.values()
    return Reference(sequence, encode(sequence), facts)


def load(folder: str | Path) -> Reference:
    """The reference of a bundle: its folder (``bundle.yaml``, ``genome.fasta``) or one of these."""
    folder = Path(folder)
    folder = folder if folder.is_dir() else folder.parent
    return of_fasta(Path(folder) / "genome.fasta", read_facts(folder))


def read_facts(folder: str | Path) -> Facts:
    """Facts of ``bundle.yaml``; ``genome.bundle_check`` tells what is wrong with one."""
    given = yaml.safe_load((Path(folder) / "bundle.yaml").read_text(encoding="utf-8"))
    tract = given.get("split_tract") or {}
    return Facts(
        **{key: given[key] for key in ("name", "species", "scientific_name", "assembly")},
        accession=given["accession"],
        contig=given["contig"],
        contig_names=frozenset(map(str.lower, map(str, given["contig_names"]))),
        contig_lengths=frozenset(given["contig_lengths"]),
        stretch_differences=given.get("stretch_differences") or 0,
        gene_prefix=given.get("gene_prefix") or "",
        split_tract=tuple(tract[key] - 1 for key in ("start", "middle", "end")) if tract else (),
        origins=tuple((first, last) for first, last in (given.get("origins") or {}).values()),
    )
