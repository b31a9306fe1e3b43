"""Reads of a library of cells, as a sorted BAM file with cell barcodes and UMIs.

Droplets are those of ``cell_library``. Each fragment is of the droplet's own cell, of a tumour cell
or of free mtDNA; copies share it. A swapped read has the barcode of another swapped read, so that
swaps go to barcodes in proportion to their reads.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pysam
from numpy.typing import NDArray

from mitotransfer.genome.reference import BASES, Reference, encode
from mitotransfer.simulate.cell_library import Droplets
from mitotransfer.simulate.cell_plans import LibraryPlan
from mitotransfer.simulate.genomes import Variant

CHUNK = 50_000  # fragments made at once
BLOCK = 150  # bases that have one depth in uneven libraries
BARCODE, UMI = 16, 10
#: Share of bases of low quality, their rate of errors, and both qualities.
POOR, POOR_ERROR, QUALITY = 0.03, 0.05, (37, 12)
CONTIGS = (("chr1", 248_956_422), ("chrM", 0))  # the length of chrM is the reference's
_LETTERS = np.frombuffer(BASES.encode(), np.uint8)
_NIBBLES = np.array([1, 2, 4, 8], np.uint8)
_PAIRED, _PROPER, _UNMAPPED, _MATE_UNMAPPED = 0x1, 0x2, 0x4, 0x8
_REVERSE, _MATE_REVERSE, _READ1, _READ2 = 0x10, 0x20, 0x40, 0x80


@dataclass(frozen=True)
class Molecules:
    """What the reads of a library are of.

    Attributes:
        codes: bases of the patient's circle; ``places``: their 0-based positions on the reference.
        sites: where variants are on the circle; ``alleles``: their bases.
        mean: VAF of each over all tumour cells; ``donors``: in the tumour cell that gives a
            droplet its mtDNA, shape (droplets, variants).
        barcodes: of the droplets.
        modified: the same of sites of RNA: on the circle, base, share in tumour and other RNA.
    """

    codes: NDArray[np.uint8]
    places: NDArray[np.int64]
    sites: NDArray[np.int64]
    alleles: NDArray[np.uint8]
    mean: NDArray[np.float64]
    donors: NDArray[np.float64]
    barcodes: Sequence[str]
    modified: Sequence[tuple[int, int, float, float]] = ()


def person(
    reference: Reference, haplotype: Sequence[Variant]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bases of a person's circle, and the position of each on the reference."""
    parts: list[NDArray[np.uint8]] = []
    places: list[NDArray[np.int64]] = []
    codes, at = reference.codes, 0
    for variant in sorted(haplotype):
        start = variant.pos - 1
        parts += [codes[at:start], encode(variant.alt)]
        shifts = np.minimum(np.arange(len(variant.alt)), len(variant.ref) - 1)
        places += [np.arange(at, start), start + shifts]
        at = start + len(variant.ref)
    joined = np.concatenate([*parts, codes[at:]])
    where = np.concatenate([*places, np.arange(at, reference.length)])
    return joined[joined < 4], where[joined < 4]


def barcodes(rng: np.random.Generator, count: int) -> list[str]:
    """So many different barcodes, as Cell Ranger writes them."""
    found: dict[str, None] = {}
    while len(found) < count:
        drawn = _LETTERS[rng.integers(4, size=(count, BARCODE))]
        found |= dict.fromkeys(row.tobytes().decode() + "-1" for row in drawn)
    return list(found)[:count]


def write_bam(
    path: Path,
    plan: LibraryPlan,
    droplets: Droplets,
    molecules: Molecules,
    rng: np.random.Generator,
) -> int:
    """Write the reads of a library, sorted and with an index; gives their number.

    The coordinates are rough where a read holds an indel, and reads over the origin have none: the
    reads are aligned again. The bytes depend only on the arguments.
    """
    length = int(molecules.places.max()) + 1
    raw = path.with_name(path.name + ".unsorted")
    kinds = _fragments(plan, droplets, len(molecules.codes), rng)
    start = _starts(plan, len(molecules.codes), len(kinds), rng)
    total = 0
    with pysam.BGZFile(str(raw), mode="wb0") as out:  # type: ignore[call-arg, arg-type]
        out.write(_header(length))
        for begin in range(0, len(kinds), CHUNK):
            chosen = slice(begin, begin + CHUNK)
            reads = _chunk(plan, molecules, kinds[chosen], start[chosen], rng)
            block = _records(reads, plan, molecules, path.name, total)
            out.write(block.tobytes())
            total += len(block)
    pysam.sort("--no-PG", "-l", "1", "-o", str(path), str(raw))
    raw.unlink()
    pysam.index(str(path))
    return total


_OWN, _TUMOR, _FREE, _FREE_TUMOR = range(4)


def _fragments(
    plan: LibraryPlan, droplets: Droplets, circle: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Droplet and origin of each fragment, in random order, shape (fragments, 2)."""
    scenario = plan.cells
    covered = plan.read_length if plan.umis else min(2 * plan.read_length, plan.insert_mean)
    per_depth = circle / covered
    free = droplets.load * scenario.ambient_tumor
    means = np.stack(
        [
            droplets.depth * (1 - droplets.tumor_share),
            droplets.depth * droplets.tumor_share,
            droplets.load - free,
            free,
        ],
        axis=1,
    )
    number = rng.poisson(means * per_depth)
    droplet, origin = np.indices(number.shape)
    times = number.ravel()
    found = np.stack([np.repeat(droplet.ravel(), times), np.repeat(origin.ravel(), times)], axis=1)
    return rng.permutation(found)


def _starts(
    plan: LibraryPlan, circle: int, count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Where fragments start on the circle."""
    if not plan.uneven:
        return rng.integers(circle, size=count)
    weight = np.repeat(np.exp(rng.normal(0, plan.uneven, -(-circle // BLOCK))), BLOCK)[:circle]
    return rng.choice(circle, count, p=weight / weight.sum())


@dataclass(frozen=True)
class _Reads:
    """Reads of a chunk: arrays begin with (mates, copies), of one mate or two.

    Attributes:
        bases, qualities: along the reference.
        start: on the circle; the left mate comes first.
        turned: whether the right mate is read 1.
        droplet, umi, size: of each copy; ``umi`` (copies, bases).
    """

    bases: NDArray[np.uint8]
    qualities: NDArray[np.uint8]
    start: NDArray[np.int64]
    turned: NDArray[np.bool_]
    droplet: NDArray[np.int64]
    umi: NDArray[np.int64]
    size: NDArray[np.int64]


def _chunk(
    plan: LibraryPlan, molecules: Molecules, kinds: NDArray[np.int64], start: NDArray[np.int64],
    rng: np.random.Generator,
) -> _Reads:  # fmt: skip
    circle, read = len(molecules.codes), plan.read_length
    droplet, origin = kinds.T
    count = len(kinds)
    size = np.full(count, read)
    if not plan.umis:
        drawn = rng.normal(plan.insert_mean, plan.insert_sd, count).round().astype(np.int64)
        size = np.clip(drawn, read, 4 * read)
    alleles = _alleles(molecules, droplet, origin, rng)
    umi = rng.integers(4, size=(count, UMI))
    turned = rng.random(count) < 0.5
    # Copies share all of this.
    rows = np.repeat(np.arange(count), rng.geometric(1 - plan.copies, count))
    starts = start[rows][None]
    if not plan.umis:
        starts = np.stack([start[rows], (start + size - read)[rows]])
    places = (starts[..., None] + np.arange(read)) % circle
    bases = molecules.codes[places]
    sites = [*zip(molecules.sites.tolist(), molecules.alleles.tolist(), strict=True),
             *((at, base) for at, base, *_ in molecules.modified)]  # fmt: skip
    for number, (site, base) in enumerate(sites):
        within = (site - starts) % circle
        mate, copy = np.nonzero((within < read) & alleles[rows, number])
        bases[mate, copy, within[mate, copy]] = base
    # One draw serves quality and error.
    draw = rng.random(bases.shape, np.float32)
    poor = draw < POOR
    wrong = (draw < POOR * POOR_ERROR) | (draw > 1 - (1 - POOR) * 3 * plan.cells.error)
    # An error reads any of the three other bases.
    bases[wrong] = (bases[wrong] + rng.integers(1, 4, int(wrong.sum()))) % 4
    owner = droplet[rows].copy()
    swapped = np.flatnonzero(rng.random(len(rows)) < plan.cells.swap)
    owner[swapped] = rng.permutation(owner[swapped])
    return _Reads(
        bases, np.where(poor, QUALITY[1], QUALITY[0]).astype(np.uint8), starts % circle,
        turned[rows], owner, umi[rows], size[rows],
    )  # fmt: skip


def _alleles(
    molecules: Molecules, droplet: NDArray[np.int64], origin: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:  # fmt: skip
    """Which variants, and modified sites, each fragment has."""
    rates = np.zeros((len(droplet), len(molecules.sites) + len(molecules.modified)))
    variants = len(molecules.sites)
    rates[origin == _TUMOR, :variants] = molecules.donors[droplet[origin == _TUMOR]]
    rates[origin == _FREE_TUMOR, :variants] = molecules.mean
    tumor = (origin == _TUMOR) | (origin == _FREE_TUMOR)
    for number, (_, _, in_tumor, in_other) in enumerate(molecules.modified):
        rates[:, variants + number] = np.where(tumor, in_tumor, in_other)
    return rng.random(rates.shape) < rates


def _header(length: int) -> bytes:
    contigs = [(name, size or length) for name, size in CONTIGS]
    lines = ["@HD\tVN:1.6\tSO:unsorted", *(f"@SQ\tSN:{n}\tLN:{size}" for n, size in contigs)]
    text = "".join(f"{line}\n" for line in lines).encode()
    listed = b"".join(
        struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", size)
        for name, size in contigs
    )
    return b"BAM\1" + struct.pack("<i", len(text)) + text + struct.pack("<i", len(contigs)) + listed


def _records(
    reads: _Reads, plan: LibraryPlan, molecules: Molecules, label: str, first: int
) -> NDArray[Any]:
    """Raw BAM records, a row each; pairs stay together.

    Args:
        label: of the names of the reads; ``first``: number of the first record.
    """
    places = molecules.places
    mates, copies, length = reads.bases.shape
    tags = [("CB", "S18")] + ([("UB", f"S{UMI}")] if plan.umis else [])
    parts = [
        ("block", "<i4"), ("ref", "<i4"), ("pos", "<i4"), ("name_length", "u1"), ("mapq", "u1"),
        ("bin", "<u2"), ("ops", "<u2"), ("flag", "<u2"), ("length", "<i4"), ("mate_ref", "<i4"),
        ("mate_pos", "<i4"), ("template", "<i4"), ("name", "S20"), ("cigar", "<u4"),
        ("bases", "u1", ((length + 1) // 2,)), ("qualities", "u1", (length,)),
    ]  # fmt: skip
    for tag, kind in tags:
        parts += [(f"{tag}_name", "S3"), (tag, kind), (f"{tag}_end", "S1")]
    records = np.zeros((copies, mates), np.dtype(parts))
    start = places[reads.start].T
    last = (reads.start + length - 1).T
    whole = last < len(places)  # not over the origin
    records["block"] = records.dtype.itemsize - 4
    records["ref"] = records["mate_ref"] = len(CONTIGS) - 1
    records["pos"] = start
    records["name_length"] = 20
    records["mapq"] = np.where(whole, 60, 0)
    end = np.where(whole, start + length - 1, start)
    records["bin"] = np.where(start >> 14 == end >> 14, 4681 + (start >> 14), 585)
    records["ops"] = 1
    records["cigar"] = length << 4
    records["length"] = length
    flag = np.where(whole, 0, _UNMAPPED)
    if mates == 2:
        both = whole.all(axis=1)
        flag |= _PAIRED + np.where(whole[:, ::-1], 0, _MATE_UNMAPPED)
        flag |= np.where(both, _PROPER, 0)[:, None] | np.array([_MATE_REVERSE, _REVERSE])
        flag |= np.where(reads.turned[:, None] == np.array([False, True]), _READ1, _READ2)
        records["mate_pos"] = start[:, ::-1]
        records["template"] = np.where(both, reads.size, 0)[:, None] * np.array([1, -1])
    else:
        records["mate_ref"] = records["mate_pos"] = -1
    records["flag"] = flag
    code = zlib.crc32(label.encode()) % 10**8
    numbers = first // mates + np.arange(copies)
    records["name"] = np.array([f"S{code:08d}:{n:09d}" for n in numbers], "S19")[:, None]
    nibbles = _NIBBLES[reads.bases]
    if length % 2:
        nibbles = np.concatenate([nibbles, np.zeros((mates, copies, 1), np.uint8)], axis=2)
    records["bases"] = ((nibbles[..., ::2] << 4) | nibbles[..., 1::2]).transpose(1, 0, 2)
    records["qualities"] = reads.qualities.transpose(1, 0, 2)
    records["CB_name"] = b"CBZ"
    records["CB"] = np.array(molecules.barcodes, "S18")[reads.droplet][:, None]
    if plan.umis:
        records["UB_name"] = b"UBZ"
        records["UB"] = _LETTERS[reads.umi].copy().view(f"S{UMI}")
    return records.reshape(-1)
