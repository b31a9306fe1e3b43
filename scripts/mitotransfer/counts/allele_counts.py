"""Allele counts of one sample: the shape that every later step works on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Ints
from mitotransfer.counts import junctions as junction_table
from mitotransfer.counts import molecule_bases
from mitotransfer.counts.molecule_bases import MoleculeBases

if TYPE_CHECKING:
    import pandas as pd

IndelRow = tuple[int, str, str, int, int]
INDEL_COLUMNS = ["pos", "ref", "alt", "forward", "reverse"]
_LEVEL = 4  # of compression

# Most positions between two mismatches that are counted as a pair: those of one codon.
NEAR = 2
UNSEEN = 4  # allele in a pair: no base counts there
#: Key of ``meta``: why the sample's reads cannot be used (``counts.failed_sample``).
FAILED = "failed"
#: Key of ``meta``: the reads are of RNA (``counts.rna.masked``).
RNA = "rna"
#: Key of ``meta``: fragments at every 16th position by how far a read of theirs reaches beyond it.
REACH = "reach"
#: Key of ``meta``: the tool that counted the sample, where it was another one.
TOOL = "tool"
#: Key of ``meta``: bases that a fragment is taken to give, where the fragments are not known.
FRAGMENT_BASES = "fragment_bases"


@dataclass(frozen=True)
class BaseSums:
    """Sums over the bases of each allele, to compare it with other alleles at the position.

    Attributes:
        qualities: uint32, shape (length, 4, 2) as ``Counts.bases``: sum of the qualities of the
            bases counted there; qualities above 63 as 63.
        distances: the same of their distances (bases on the reference) to the nearer aligned end
            of the read, 0 at the very end; distances above 127 as 127.
        mismatches: the same of the mismatches of each base's read against the reference, among
            bases of enough quality; the base itself is included; at most 63 per read.
        profile: uint32, shape (64, 32): bases that count at every 16th position, by quality and by
            distance in bins of four: the distribution of the two in the sample.
        pairs: uint32, shape (5, n): fragments with a mismatch and, up to ``NEAR`` positions away on
            the same read or its overlapping mate, another mismatch or no base that counts
            (``UNSEEN``). The other fragments of the allele have the reference's base there.
            Rows: position (0-based), allele, the later position, its allele, fragments.
    """

    qualities: NDArray[np.uint32]
    distances: NDArray[np.uint32]
    mismatches: NDArray[np.uint32]
    profile: NDArray[np.uint32]
    pairs: NDArray[np.uint32]


@dataclass(frozen=True)
class Counted:
    """Counts on their way from reads to a file: ``Counts`` without pandas.

    pandas takes longer to import than a sample of usual depth takes to count.

    Attributes:
        indels: rows of ``Counts.indels``.
        bases, meta, sums: those of ``Counts``; no sums where another tool counted.
        molecules: of long reads, what each of them shows (``counts.molecule_bases``).
        junctions: int64, shape (n, 5): rows of ``Counts.junctions``.
        spanning: that of ``Counts``; None without fragments.
    """

    bases: NDArray[np.uint32]
    indels: Sequence[IndelRow]
    meta: dict[str, Any]
    sums: BaseSums | None
    molecules: MoleculeBases | None = None
    junctions: Ints = field(default_factory=junction_table.rows)
    spanning: NDArray[np.uint32] | None = None


@dataclass(frozen=True)
class Counts:
    """Fragments of one sample per position, allele and strand.

    Attributes:
        bases: uint32, shape (length, 4, 2): position (0-based), allele (A, C, G, T),
            strand (forward, reverse) of the read that gave the base.
        indels: columns ``pos`` (1-based, of the anchor base, left-normalised as in VCF),
            ``ref``, ``alt`` (with the anchor base), ``forward``, ``reverse`` (fragments).
            Sorted by pos, ref, alt.
        meta: facts about the reads, as JSON takes them; keys: ``counter.Counter.counts``.
        sums: None for counts without reads, of another tool, and where they were not loaded.
        junctions: ``counts.junctions.COLUMNS``: fragments whose reads are split, a molecule once,
            at least ``MARGIN`` bases (long reads: ``LONG_MARGIN``) on each side. ``start`` and
            ``end``: the last base kept before the junction and the first one after it (1-based),
            the leftmost ones that the direct repeat of ``repeat`` bases allows. From ``start``
            forward to ``end`` is what is missing; across the origin ``end`` comes before
            ``start``. Sorted by start, end.
        spanning: uint32, shape (length, 2): fragments, per strand, that run without a break across
            the bond between a base and the next one, as many bases on each side; the last bond
            is the one across the origin. None given: zeros.
    """

    bases: NDArray[np.uint32]
    indels: pd.DataFrame
    meta: dict[str, Any]
    sums: BaseSums | None = None
    junctions: pd.DataFrame = field(
        default_factory=lambda: junction_table.frame(junction_table.rows())
    )
    spanning: NDArray[np.uint32] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.spanning is None:
            nothing = np.zeros((len(self.bases), 2), np.uint32)
            object.__setattr__(self, "spanning", nothing)

    @property
    def failed(self) -> str:
        """Why the sample's reads cannot be used; empty where they can."""
        return str(self.meta.get(FAILED, ""))

    @property
    def rna(self) -> bool:
        """Whether the reads are of RNA: no evidence of variants, nor of errors of DNA."""
        return bool(self.meta.get(RNA))

    @property
    def tool(self) -> str:
        """The tool that counted the sample; empty where its reads were counted here."""
        return str(self.meta.get(TOOL, ""))

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """Fragments per position and strand, shape (length, 2), read-only."""
        return _read_only(depth(self.bases))

    @cached_property
    def alleles(self) -> NDArray[np.int64]:
        """Fragments per position and allele, both strands, shape (length, 4), read-only."""
        return _read_only(self.bases[..., 0].astype(np.int64) + self.bases[..., 1])


def depth(bases: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Fragments per position and strand, shape (positions, 2)."""
    a, c, g, t = np.moveaxis(bases.astype(np.int64), 1, 0)
    return a + c + g + t  # a sum over so short an axis takes ten times as long


def _read_only(array: NDArray[np.int64]) -> NDArray[np.int64]:
    array.flags.writeable = False
    return array


def major(alleles: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most frequent allele at each position, of equals the first; shape (positions,)."""
    # Along the long axis: a search over so short an axis takes four times as long.
    return np.ascontiguousarray(alleles.T).argmax(axis=0)


def empty_indels() -> pd.DataFrame:
    """An indel table without rows, with the right column types."""
    import pandas as pd

    return pd.DataFrame(
        {
            "pos": np.zeros(0, np.int64),
            "ref": np.zeros(0, object),
            "alt": np.zeros(0, object),
            "forward": np.zeros(0, np.int64),
            "reverse": np.zeros(0, np.int64),
        }
    )


def save(counts: Counts | Counted, path: str | Path) -> None:
    """Write counts as a compressed ``.npz`` whose bytes depend on the counts alone."""
    rows: Iterable[Sequence[Any]] = (
        counts.indels[INDEL_COLUMNS].itertuples(index=False, name=None)
        if isinstance(counts, Counts)
        else counts.indels
    )
    indels = "".join("\t".join(map(str, row)) + "\n" for row in (INDEL_COLUMNS, *rows))
    meta = json.dumps(counts.meta, sort_keys=True)
    junctions = (
        counts.junctions[junction_table.COLUMNS].to_numpy(np.int64)
        if isinstance(counts, Counts)
        else counts.junctions
    )
    spanning = counts.spanning
    if spanning is None:
        spanning = np.zeros((len(counts.bases), 2), np.uint32)
    arrays = {
        "bases": counts.bases.astype(np.uint32, copy=False),
        "indels": np.frombuffer(indels.encode(), np.uint8),
        "meta": np.frombuffer(meta.encode(), np.uint8),
        "junctions": junctions.astype(np.uint32),
        # Neighbours differ little: their differences are a fifth of the bytes.
        "spanning": np.diff(spanning.astype(np.uint32), axis=0, prepend=np.uint32(0)),
        **({} if counts.sums is None else vars(counts.sums)),
        **(molecule_bases.arrays(counts.molecules) if isinstance(counts, Counted) else {}),
    }
    # numpy's own takes four times as long, for a file three per cent smaller.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as handle:
                np.lib.format.write_array(handle, array, allow_pickle=False)


def load(path: str | Path, sums: bool = False) -> Counts:
    """Counts as ``save`` wrote them.

    Args:
        sums: load ``Counts.sums`` as well, four fifths of the file.

    Raises:
        ValueError: if the file is cut, or another version wrote it.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            bases = archive["bases"]
            text = archive["indels"].tobytes().decode()
            meta = json.loads(archive["meta"].tobytes().decode())
            junctions = junction_table.frame(archive["junctions"].astype(np.int64))
            spanning = np.cumsum(archive["spanning"], axis=0, dtype=np.uint32)
            names = [field.name for field in fields(BaseSums)] if sums else [""]
            found = BaseSums(*(archive[name] for name in names)) if names[0] in archive else None
        return Counts(bases, _indels(text), meta, found, junctions, spanning)
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a file of allele counts; count the sample again") from error


def _indels(text: str) -> pd.DataFrame:
    """The indel table of a file; ``read_csv`` takes most of the time of a whole cohort's files."""
    import pandas as pd

    header, *lines = text.splitlines()
    if header.split("\t") != INDEL_COLUMNS:
        raise ValueError(f"the table of indels has columns {header!r}")
    if not lines:
        return empty_indels()
    pos, ref, alt, forward, reverse = zip(*(line.split("\t") for line in lines), strict=True)
    return pd.DataFrame(
        {
            "pos": np.array(pos, np.int64),
            "ref": np.array(ref, object),
            "alt": np.array(alt, object),
            "forward": np.array(forward, np.int64),
            "reverse": np.array(reverse, np.int64),
        }
    )
