"""An index for bwa-mem3 of a circular mitogenome and a small decoy, built with numpy.

The files are those of ``bwa-mem2 index`` (Vasimuddin et al., IPDPS 2019,
doi 10.1109/IPDPS.2019.00041): both strands, the suffix array by
prefix doubling (Manber & Myers, SIAM J Comput 1993, doi 10.1137/0222058), the
FM index in checkpoints of 64 rows and every eighth suffix. A mitogenome takes
0.05 s, so no other tool is needed for it.

The circle is cut at its origin and its start repeated at its end, so that reads
across the origin align in one piece; the placeholder ``N`` of rCRS is left out,
because the aligner would put a fixed random base there. ``reads.fold`` brings
alignments back to rCRS.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mitotransfer.genome.circle import extended_codes
from mitotransfer.genome.reference import CODE_N, Reference, encode, read_fasta
from mitotransfer.reads.species_split import HOST_CONTIG

SUFFIXES = (".0123", ".alt", ".amb", ".ann", ".bwt.2bit.64", ".pac")

_CHECKPOINT = 64  # rows of the Burrows-Wheeler transform per occurrence count
_SAMPLED = 8  # every eighth entry of the suffix array is kept
_SENTINEL, _PADDING = 4, 6  # as bwa-mem2 codes them in the transform
_SHORTEST_DECOY = 30
_LARGEST_DECOY = 20_000_000
_SEED = 11  # bwa's number in the .ann header


def suffix_array(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Suffix array of ``text`` with a sentinel smaller than any letter, shape (n + 1,)."""
    size = len(text) + 1
    rank = np.zeros(size, np.int64)
    rank[:-1] = text.astype(np.int64) + 1
    width = 1
    while True:
        following = np.zeros(size, np.int64)
        following[: max(size - width, 0)] = rank[width:] + 1
        key = rank * (size + 2) + following
        order = np.argsort(key, kind="stable").astype(np.int64)
        steps = np.diff(key[order]) != 0
        rank = np.empty(size, np.int64)
        rank[order] = np.concatenate([[0], np.cumsum(steps)])
        if rank[order[-1]] == size - 1:
            return order
        width *= 2


def _packed(codes: NDArray[np.uint8]) -> bytes:
    """Bases as bytes of four, the first in the highest bits, then the number left over."""
    left = len(codes) % 4
    padded = np.concatenate([codes, np.zeros(-len(codes) % 4, np.uint8)]).reshape(-1, 4)
    packed = (padded << np.array([6, 4, 2, 0], np.uint8)).sum(axis=1, dtype=np.uint8).tobytes()
    return packed + (b"\0" if left == 0 else b"") + bytes([left])


def _fm_index(text: NDArray[np.uint8]) -> bytes:
    suffixes = suffix_array(text)
    size = len(suffixes)
    sentinel = int(np.flatnonzero(suffixes == 0)[0])
    rows = -(-size // _CHECKPOINT)
    transform = np.full(rows * _CHECKPOINT, _PADDING, np.uint8)
    transform[:size] = np.where(suffixes == 0, _SENTINEL, text[suffixes - 1])
    smaller = np.concatenate([[0], np.cumsum(np.bincount(text, minlength=4))]).astype("<i8")

    present = transform.reshape(rows, _CHECKPOINT, 1) == np.arange(4)
    checkpoints = (size >> 6) + 1
    counts = np.zeros((checkpoints, 4), "<i8")
    counts[1:rows] = np.cumsum(present.sum(axis=1), axis=0)[: min(rows, checkpoints) - 1]
    bits = np.zeros((checkpoints, 4), "<u8")
    weights = np.uint64(1) << np.arange(_CHECKPOINT - 1, -1, -1, dtype=np.uint64)
    bits[:rows] = (present * weights[None, :, None]).sum(axis=1, dtype=np.uint64)
    occurrences = np.concatenate([counts.view("<u8"), bits], axis=1)

    sampled = np.zeros((size >> 3) + 1, np.int64)
    kept = suffixes[::_SAMPLED]
    sampled[: len(kept)] = kept
    return b"".join(
        [
            struct.pack("<q", size),
            smaller.tobytes(),
            occurrences.tobytes(),
            (sampled >> 32).astype(np.int8).tobytes(),
            (sampled & 0xFFFFFFFF).astype("<u4").tobytes(),
            struct.pack("<q", sentinel),
        ]
    )


def index_files(
    contigs: Sequence[tuple[str, NDArray[np.uint8]]], decoys: Sequence[str] = ()
) -> dict[str, bytes]:
    """Contents of the index files by suffix, for contigs of A, C, G, T.

    Args:
        contigs: names and codes (uint8: A, C, G, T as 0 to 3).
        decoys: names of those which take reads only where they fit better than the others: the
            aligner's alternate contigs (``.alt``). Reads that fit both stay, with their quality.
    """
    codes = np.concatenate([sequence for _, sequence in contigs])
    both = np.concatenate([codes, 3 - codes[::-1]])
    about = [f"{len(codes)} {len(contigs)} {_SEED}"]
    start = 0
    for name, sequence in contigs:
        about += [f"0 {name} (null)", f"{start} {len(sequence)} 0"]
        start += len(sequence)
    return {
        ".0123": both.tobytes(),
        ".alt": "".join(f"{name}\n" for name in decoys).encode(),
        ".amb": f"{len(codes)} {len(contigs)} 0\n".encode(),
        ".ann": "".join(f"{line}\n" for line in about).encode(),
        ".bwt.2bit.64": _fm_index(both),
        ".pac": _packed(codes),
    }


def decoy_contigs(path: str | Path) -> list[tuple[str, NDArray[np.uint8]]]:
    """Contigs of a decoy FASTA, cut at bases other than A, C, G, T.

    Raises:
        ValueError: if the file is no FASTA, too large, or has nothing to align to.
    """
    contigs: list[tuple[str, NDArray[np.uint8]]] = []
    for name, sequence in read_fasta(path).items():
        codes = encode(sequence)
        known = np.flatnonzero(codes != CODE_N)
        for piece in np.split(known, np.flatnonzero(np.diff(known) != 1) + 1):
            if len(piece) >= _SHORTEST_DECOY:
                contigs.append((f"decoy{len(contigs)}:{name}", codes[piece]))
    total = sum(len(codes) for _, codes in contigs)
    if not total:
        raise ValueError(f"{path}: no sequence of at least {_SHORTEST_DECOY} bases")
    if total > _LARGEST_DECOY:
        raise ValueError(
            f"{path}: {total:,} bases; the decoy is for nuclear copies of mtDNA with what is "
            f"around them, up to {_LARGEST_DECOY:,} bases, not for a whole genome"
        )
    return contigs


def write_index(
    reference: Reference,
    extension: int,
    prefix: str | Path,
    *,
    decoy: str | Path | None = None,
    host: Reference | None = None,
) -> None:
    """Write the index of the extended circle: ``prefix`` plus each of ``SUFFIXES``.

    Args:
        decoy: FASTA of nuclear copies.
        host: a second circle, of another species.
    """
    contigs = [(reference.facts.contig, extended_codes(reference, extension))]
    if host is not None:
        contigs.append((HOST_CONTIG, extended_codes(host, extension)))
    decoys = [] if decoy is None else decoy_contigs(decoy)
    names = [name for name, _ in decoys]
    for suffix, content in index_files([*contigs, *decoys], names).items():
        Path(f"{prefix}{suffix}").write_bytes(content)
