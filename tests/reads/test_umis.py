"""UMIs at the end of names, the ends of fragments, and UMIs with an error."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_reads import RCRS

from mitotransfer.genome.circle import Circle
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import whole_records
from mitotransfer.reads.umis import PLACE, SIGNATURE, START, UMI, describe, join_near

CIRCLE = Circle.of(RCRS)


def record(name, flag=0, pos=1000, cigar="50M"):
    """A raw record without bases of its own."""
    letters = "MIDNSHP=X"
    ops, number, length = [], "", 0
    for letter in cigar:
        if letter.isdecimal():
            number += letter
        else:
            ops.append(int(number) << 4 | letters.index(letter))
            length += int(number) if letter in "MIS=X" else 0
            number = ""
    raw = name.encode() + b"\0"
    body = np.array([0, pos], "<i4").tobytes() + bytes([len(raw), 60]) + b"\0\0"
    body += np.array([len(ops), flag], "<u2").tobytes()
    body += np.array([length, -1, -1, 0], "<i4").tobytes() + raw
    body += np.array(ops, "<u4").tobytes() + b"\x11" * ((length + 1) // 2) + b"\x1e" * length
    return np.array([len(body)], "<i4").tobytes() + body


def described(*rows, in_name=True):
    data = np.frombuffer(bytearray(b"".join(rows)), np.uint8)
    return describe(whole_records(data), CIRCLE, in_name)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("A:1:ACGT", "B:2:ACGT", True),
        ("A:1:ACGT", "A:1:ACGA", False),
        ("A:1:AC+GT", "A:1:AC-GT", True),
        ("A:1:AC_GT", "A:1_ACGT", True),
        ("r1_ACGT", "r2_ACGT", True),
        ("A:1:ACGN", "A:1:ACGA", True),
        ("A:1:ACGT", "A:1:ACGTA", False),
        ("A:1:" + "ACGT" * 9, "A:2:" + "ACGT" * 9, True),  # too long for a number
        ("A:1:" + "ACGT" * 9, "A:1:" + "ACGT" * 8 + "ACGA", False),
    ],
)
def test_umis_at_the_end_of_names(one, other, same):
    found, bad = described(record(one), record(other))
    assert bad == -1
    assert (found[0, UMI] == found[-1, UMI]) == same


@pytest.mark.parametrize("name", ["read", "readA", "A:1:2:3", "x_", "x:+", "GATTACA7"])
def test_names_without_a_umi_are_told(name):
    assert described(record("a:1:ACGT"), record(name, pos=5))[1] == 1


def test_umis_behind_the_last_colon_are_any_text():
    found, bad = described(
        record("a:U0051"), record("b:U0052"), record("c:U0051"), record("d:AC"), in_name=False
    )
    assert bad == -1
    assert found[0, UMI] == found[2, UMI] != found[1, UMI]
    assert found[0, UMI] < 0 < found[3, UMI]
    assert described(record("nothing"), in_name=False)[1] == 0


def test_the_place_is_that_of_the_outer_ends():
    mate1, mate2 = bam.PAIRED | bam.READ1, bam.PAIRED | bam.READ2 | bam.REVERSE
    pair = [record("a:A", mate1, 1000), record("a:A", mate2, 1200)]
    clipped = [record("b:A", mate1, 1005, "5S45M"), record("b:A", mate2, 1200, "40M2D6M2S")]
    moved = [record("c:A", mate1, 1001), record("c:A", mate2, 1200)]
    turned = [
        record("d:A", bam.PAIRED | bam.READ2, 1000),
        record("d:A", bam.PAIRED | bam.READ1 | bam.REVERSE, 1200),
    ]
    found, _ = described(*pair, *clipped, *moved, *turned)
    assert len(found) == 4
    assert found[0, PLACE] == found[1, PLACE]
    assert len(set(found[:, PLACE].tolist())) == 3
    assert found[0, SIGNATURE] == found[2, SIGNATURE] != found[1, SIGNATURE]
    assert found[1, START] == sum(map(len, pair))


def test_single_reads_of_one_name_are_fragments_of_their_own():
    found, _ = described(record("a:A"), record("a:A"), record("a:A", bam.SUPPLEMENTARY))
    assert len(found) == 2


def code(text):
    value = 1
    for letter in text:
        value = value << 2 | "ACGT".index(letter)
    return value


def joined(counts):
    """UMIs by the one that they are joined to."""
    rows = sorted((code(umi), umi, n) for umi, n in counts.items())
    numbers = np.array([row[0] for row in rows])
    sizes = np.array([row[2] for row in rows])
    into = join_near(np.zeros(len(rows), np.int64), numbers, sizes)
    return {row[1]: rows[k][1] for row, k in zip(rows, into.tolist(), strict=True)}


def test_a_umi_with_one_error_is_joined_to_one_with_many_copies():
    found = joined({"ACGTACGT": 20, "ACGTACGA": 2, "ACGTACTA": 1, "TTTTTTTT": 3, "ACCAACGT": 1})
    assert found == {
        "ACGTACGT": "ACGTACGT",
        "ACGTACGA": "ACGTACGT",
        "ACGTACTA": "ACGTACGT",  # two steps
        "TTTTTTTT": "TTTTTTTT",
        "ACCAACGT": "ACCAACGT",
    }
    assert joined({"ACGTACGT": 20, "ACGTACGA": 12})["ACGTACGA"] == "ACGTACGA"


def test_where_umis_are_crowded_none_are_joined():
    found = joined({"AAC": 20, "AAA": 1, "CCG": 5, "GTT": 1, "TGA": 2})
    assert all(one == other for one, other in found.items())


def test_hashed_umis_and_other_places_are_never_joined():
    places = np.array([1, 1, 2])
    numbers = np.array([-7, code("ACGTACGT"), code("ACGTACGA")])
    into = join_near(places, numbers, np.array([9, 9, 1]))
    assert into.tolist() == [0, 1, 2]
