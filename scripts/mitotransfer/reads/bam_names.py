"""Names in BAM files: mates called x/1 and x/2 get the name that they share."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np
from isal import igzip

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.record_writer import put_i32
from mitotransfer.reads.sorted_bam import END_OF_FILE, write_bgzf

_CHUNK = 1 << 24  # bytes of records taken at once


@njit
def _without_numbers(data: Bytes, offsets: Ints, out: Bytes) -> Int:
    """Write the records with names that lack the last two letters; returns where they end."""
    at = np.int64(0)
    for k in range(offsets.shape[0]):
        record = offsets[k]
        size = bam.get_i32(data, record) + 4
        name_end = bam.O_NAME + np.int64(data[record + bam.O_NAME_LENGTH]) - 3
        for i in range(name_end):
            out[at + i] = data[record + i]
        for i in range(name_end + 2, size):
            out[at + i - 2] = data[record + i]
        out[at + bam.O_NAME_LENGTH] -= 2
        put_i32(out, at, size - 6)
        at += size - 2
    return at


def read_header(handle: IO[bytes]) -> bytes:
    """The header at the start of a BAM file."""
    parts = []

    def take(size: int) -> bytes:
        parts.append(handle.read(size))
        return parts[-1]

    def number() -> int:
        return int.from_bytes(take(4), "little", signed=True)

    take(4)
    take(number())
    for _ in range(number()):
        take(number() + 4)
    return b"".join(parts)


def take_off_numbers(source: Path, target: Path) -> None:
    """Write a BAM file with names that lack the last two letters, such as ``/1`` and ``/2``."""
    held = np.zeros(0, np.uint8)
    with igzip.open(source, "rb") as handle, open(target, "wb") as out:
        write_bgzf(out, read_header(handle))
        while more := handle.read(_CHUNK):
            held = np.concatenate([held, np.frombuffer(more, np.uint8)])
            offsets = np.empty(len(held) // bam.O_NAME + 1, np.int64)
            count, end = bam.locate_records(held, len(held), offsets)
            renamed = np.empty(end, np.uint8)
            size = _without_numbers(held, offsets[:count], renamed)
            write_bgzf(out, renamed[:size].data)
            held = held[end:]
        out.write(END_OF_FILE)
