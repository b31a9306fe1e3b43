"""The consensus of copies: bases by quality, indels by most copies."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_reads import RCRS

from mitotransfer.genome.circle import Circle
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import whole_records
from mitotransfer.reads.consensus import join_copies
from mitotransfer.reads.umis import LENGTH, SIGNATURE, START, describe

POS = 999
OWN = RCRS.sequence[POS : POS + 6]
NIBBLES = {"A": 1, "C": 2, "G": 4, "T": 8, "N": 15}


def record(bases, qualities, ops=None, flag=0, nm=0):
    """A raw record at POS; ``ops`` are pairs of length and operation."""
    raw = b"r:AC\0"
    ops = ops or [(len(bases), bam.MATCH)]
    body = np.array([0, POS], "<i4").tobytes() + bytes([len(raw), 60]) + b"\0\0"
    body += np.array([len(ops), flag], "<u2").tobytes()
    body += np.array([len(bases), -1, -1, 0], "<i4").tobytes() + raw
    body += np.array([size << 4 | op for size, op in ops], "<u4").tobytes()
    codes = [NIBBLES[base] for base in bases] + [0]
    pairs = zip(codes[::2], codes[1::2], strict=False)
    body += bytes(high << 4 | low for high, low in pairs) + bytes(qualities)
    body += b"NMi" + np.array([nm], "<i4").tobytes()
    return np.array([len(body)], "<i4").tobytes() + body


def consensus(*rows):
    """Bases, qualities, CIGAR length and NM of the fragment that stands for all."""
    data = np.frombuffer(bytearray(b"".join(rows)), np.uint8)
    found, _ = describe(whole_records(data), Circle.of(RCRS), True)
    kinds = np.stack([np.zeros(len(found), np.int64), found[:, SIGNATURE]])
    order = np.lexsort((-found[:, LENGTH], found[:, SIGNATURE]))
    starts = np.append(found[:, START], len(data))
    out, copies = join_copies(data, starts, order, kinds, RCRS)
    assert len(whole_records(out).offsets) == 1 and copies == len(rows) - 1
    n_ops, length = bam.get_u16(out, bam.O_CIGAR_LENGTH), bam.get_i32(out, bam.O_SEQ_LENGTH)
    sequence = bam.O_NAME + 5 + 4 * n_ops
    letters = {code: base for base, code in NIBBLES.items()}
    bases = "".join(letters[bam.get_base(out, sequence, i)] for i in range(length))
    quality = sequence + (length + 1) // 2
    return bases, out[quality : quality + length].tolist(), n_ops, bam.get_i32(out, len(out) - 4)


def changed(at, base):
    return OWN[:at] + base + OWN[at + 1 :]


WRONG = "A" if OWN[2] != "A" else "C"


def test_most_quality_decides_and_is_lowered_by_the_others():
    found = consensus(
        record(OWN, [20] * 6), record(OWN, [20] * 6), record(changed(2, WRONG), [30] * 6, nm=1)
    )
    assert found == (OWN, [45, 45, 10, 45, 45, 45], 1, 0)


def test_copies_that_differ_as_much_as_they_agree_have_no_base():
    bases, qualities, _, _ = consensus(
        record(OWN, [30] * 6), record(changed(2, WRONG), [30] * 6, nm=1)
    )
    assert qualities == [45, 45, 0, 45, 45, 45]
    assert bases[:2] + bases[3:] == OWN[:2] + OWN[3:]


def test_a_true_variant_keeps_its_edit_distance():
    rows = [record(changed(2, WRONG), [30] * 6, nm=1) for _ in range(3)]
    assert consensus(*rows, record(OWN, [30] * 6)) == (changed(2, WRONG), [45] * 6, 1, 1)


def test_a_single_copy_stays_as_it_is():
    assert consensus(record(OWN, [3, 60, 41, 2, 2, 2])) == (OWN, [3, 60, 41, 2, 2, 2], 1, 0)


def test_unknown_bases_do_not_vote():
    bases, qualities, _, _ = consensus(
        record("N" * 6, [2] * 6, nm=6), record(OWN, [25] * 6), record("N" * 6, [2] * 6, nm=6)
    )
    assert (bases, qualities) == (OWN, [25] * 6)


@pytest.mark.parametrize("n_with", [1, 3])
def test_the_indels_of_most_copies_stay(n_with):
    """Votes go by the position on the reference, so that copies with an indel vote as well."""
    deleted = [(2, bam.MATCH), (1, bam.DELETION), (3, bam.MATCH)]
    rows = [record(OWN[:2] + OWN[3:], [30] * 5, deleted, nm=1) for _ in range(n_with)]
    rows += [record(OWN, [30] * 6) for _ in range(2)]
    bases, qualities, n_ops, edits = consensus(*rows)
    assert (n_ops == 3) == (n_with == 3)
    assert bases == (OWN[:2] + OWN[3:] if n_with == 3 else OWN)
    assert edits == (1 if n_with == 3 else 0)
    assert qualities[0] == 45


def test_records_of_other_kinds_do_not_vote():
    extra = record(changed(2, WRONG), [90] * 6, flag=bam.SUPPLEMENTARY)
    data = np.frombuffer(bytearray(record(OWN, [20] * 6) + extra + record(OWN, [20] * 6)), np.uint8)
    kinds = np.zeros((2, 2), np.int64)
    size = len(extra)
    out, copies = join_copies(data, np.array([0, 2 * size, 3 * size]), np.arange(2), kinds, RCRS)
    assert copies == 1 and len(whole_records(out).offsets) == 2
    first = out[bam.O_NAME + 9 + 3 : bam.O_NAME + 9 + 9]
    assert first.tolist() == [40] * 6
