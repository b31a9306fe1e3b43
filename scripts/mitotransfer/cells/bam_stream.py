"""The mitochondrial records of a sorted BAM file, in chunks of raw records."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from isal import igzip

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.genome.reference import Reference
from mitotransfer.problems import BadFile
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_header import Header
from mitotransfer.reads.bam_names import read_header
from mitotransfer.reads.bam_records import Records
from mitotransfer.reads.record_writer import put_i32
from mitotransfer.reads.species import own_contigs

_CHUNK = 1 << 23  # bytes of records taken at once
_ELSEWHERE = 1  # number given to all contigs but the mitochondrial one


@njit
def _contig_number(data: Bytes, at: Int, contig: Int) -> Int:
    number = bam.get_i32(data, at)
    if number < 0:
        return number
    return np.int64(0) if number == contig else np.int64(_ELSEWHERE)


@njit
def _select(data: Bytes, offsets: Ints, contig: Int, kept: Ints) -> tuple[Int, Int]:
    """Set the offsets of the records on a contig, which becomes number 0 in their bytes.

    Returns:
        Number of these records, and the first of them that is not sorted, or -1.
    """
    n = np.int64(0)
    unsorted = np.int64(-1)
    before = np.int64(-1)
    for at in offsets:
        if bam.get_i32(data, at + bam.O_REF) != contig:
            continue
        put_i32(data, at + bam.O_REF, np.int64(0))
        mate = _contig_number(data, at + bam.O_MATE_REF, contig)
        put_i32(data, at + bam.O_MATE_REF, mate)
        position = bam.get_i32(data, at + bam.O_POS)
        if position < before and unsorted < 0:
            unsorted = n
        before = position
        kept[n] = at
        n += 1
    return n, unsorted


def parsed_header(raw: bytes) -> Header:
    """The header of a BAM file from its bytes."""

    def number(at: int) -> int:
        return int(struct.unpack_from("<i", raw, at)[0])

    size = number(4)
    text = raw[8 : 8 + size].rstrip(b"\0").decode("utf-8", "replace")
    at = 8 + size
    contigs, at = number(at), at + 4
    found = []
    for _ in range(contigs):
        length = number(at)
        name = raw[at + 4 : at + 3 + length].decode()
        found.append((name, number(at + 4 + length)))
        at += 8 + length
    return Header(text, tuple(found))


def mitochondrial_contig(path: Path, header: Header, reference: Reference) -> int:
    """Number of the mitochondrial contig, which has to have the reference's coordinates.

    Raises:
        BadFile: if there is none, or it has other coordinates.
    """
    lines = [{"SN": name, "LN": length} for name, length in header.contigs]
    facts = reference.facts
    names, cure = (
        own_contigs(path, lines, facts),
        f"align the reads to {facts.title}, or give FASTQ",
    )
    if not names:
        raise BadFile(f"{path}: no mitochondrial contig (chrM, MT, M); {cure}")
    lengths = dict(header.contigs)
    fitting = [name for name in names if lengths[name] == reference.length]
    if not fitting:
        usual = lengths[names[0]] in facts.contig_lengths
        known = f" (another mitogenome of {facts.species})" if usual else ""
        raise BadFile(
            f"{path}: contig {names[0]} has {lengths[names[0]]:,} bases{known}, so its coordinates "
            f"are not those of {facts.assembly} ({reference.length:,} bases); {cure}"
        )
    return [name for name, _ in header.contigs].index(fitting[0])


def mitochondrial_records(path: str | Path, reference: Reference) -> Iterator[Records]:
    """The records on the mitochondrial contig, in the file's order; the contig is number 0.

    Raises:
        BadFile: if the file has no such contig, is damaged, or is not sorted by position.
    """
    path = Path(path)
    last = -1
    with igzip.open(path, "rb") as handle:
        try:
            contig = mitochondrial_contig(path, parsed_header(read_header(handle)), reference)
            held = np.zeros(0, np.uint8)
            while more := handle.read(_CHUNK):
                held = np.concatenate([held, np.frombuffer(more, np.uint8)])
                offsets = np.empty(len(held) // bam.O_NAME + 1, np.int64)
                count, end = bam.locate_records(held, len(held), offsets)
                kept = np.empty(count, np.int64)
                n, bad = _select(held, offsets[:count], contig, kept)
                records = Records(held[:end], kept[:n])
                held = held[end:]
                if n:
                    first = int(Records(records.data, records.offsets[:1]).positions()[0])
                    if bad >= 0 or first < last:
                        raise BadFile(
                            f"{path}: the reads are not sorted by position; run samtools sort on it"
                        )
                    last = int(Records(records.data, records.offsets[-1:]).positions()[0])
                    yield records
        except (EOFError, struct.error, igzip.BadGzipFile) as error:
            raise BadFile(f"{path}: truncated or damaged file; copy it again") from error
        except OSError as error:
            raise BadFile(f"{path}: no readable BAM file ({error})") from error
    if len(held):
        raise BadFile(f"{path}: the last record is cut; copy the file again")
