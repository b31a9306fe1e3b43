"""The encoding of a FASTQ file's qualities: Phred+33, or the Phred+64 of Illumina before 2011.

Phred+64 letters lie between ``;`` (-5, Solexa) or ``@`` (0) and ``i`` (41). Read as Phred+33 they
are high qualities, so that errors would count as good bases (Cock et al. 2010, doi
10.1093/nar/gkp1137).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.problems import BadFile, warn
from mitotransfer.reads.fastq import LENGTH, QUALITY, FastqReads

_SHIFT = 64 - 33
#: Lowest letter of Phred+64, and its highest (41, and a little more).
_LOWEST, _HIGHEST = 59, 106
#: A file with nothing below 59 is no proof: all its qualities may be high. Letters above this one
#: (Phred+33: more than 50, Phred+64: 20 and more) are.
_TELLING = 83


@njit_views
def _range(text: Bytes, places: Ints, found: Ints) -> None:
    """Set the lowest and the highest letter of the qualities."""
    low, high = np.uint8(255), np.uint8(0)
    for k in range(places.shape[0]):
        start = np.uint64(places[k, QUALITY])
        for i in range(start, start + np.uint64(places[k, LENGTH])):
            low = min(low, text[i])
            high = max(high, text[i])
    found[0], found[1] = low, high


@njit_views
def _lower(text: Bytes, places: Ints, shift: Int) -> None:
    """Lower the letters of the qualities, to no less than the lowest of Phred+33."""
    for k in range(places.shape[0]):
        start = np.uint64(places[k, QUALITY])
        for i in range(start, start + np.uint64(places[k, LENGTH])):
            text[i] = np.uint8(max(np.int64(text[i]) - shift, 33))


def letters(reads: FastqReads) -> tuple[int, int]:
    """The lowest and the highest letter of the reads' qualities; (255, 0) without bases."""
    found = np.zeros(2, np.int64)
    _range(reads.text, reads.places, found)
    return int(found[0]), int(found[1])


def is_phred_64(low: int, high: int) -> bool:
    """Whether the qualities of a file are Phred+64, by its lowest and highest letter."""
    return low >= _LOWEST and _TELLING < high <= _HIGHEST


def as_phred_33(path: Path, source: Iterator[FastqReads]) -> Iterator[FastqReads]:
    """Reads with qualities as Phred+33; the encoding is recognised in the first ones.

    Raises:
        BadFile: if a file that starts with Phred+64 goes on with Phred+33, or if the quality
            of all first reads is 0.
    """
    old = first = True
    for reads in source:
        if first or old:
            low, high = letters(reads)
        if first:
            old, first = is_phred_64(low, high), False
            if old:
                warn(f"{path}: qualities of Phred+64, read as such")
            if high == 33:
                raise BadFile(
                    f"{path}: all qualities are 0, so no base can count; give the reads with the "
                    "qualities of the sequencer"
                )
        if old:
            if high and low < _LOWEST:
                raise BadFile(
                    f"{path}: qualities of Phred+64 in the first reads, of Phred+33 later; give "
                    "each run as a file of its own"
                )
            _lower(reads.text, reads.places, _SHIFT)
        yield reads
