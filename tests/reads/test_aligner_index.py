"""The aligner's index against naive constructions, and its checksum for rCRS."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest
from simulated_reads import CIRCLE, RCRS

from mitotransfer.genome import circle, reference
from mitotransfer.reads import aligner_index


@pytest.mark.parametrize("text", ["A", "ACGT", "AAAAAAAA", "ACACACACAC", "GATTACAGATTACA"])
def test_suffix_array_is_that_of_sorting_suffixes(text):
    expected = sorted(range(len(text) + 1), key=lambda k: text[k:])
    assert aligner_index.suffix_array(reference.encode(text)).tolist() == expected


def naive_index(text):
    """Transform, occurrence counts and samples of the suffix array, letter by letter."""
    order = sorted(range(len(text) + 1), key=lambda k: text[k:])
    transform = ["$" if k == 0 else text[k - 1] for k in order]
    size = len(order)
    parts = [struct.pack("<q", size)]
    parts += [struct.pack("<q", sum(b < c for b in text)) for c in "ACGT"]
    parts.append(struct.pack("<q", len(text)))
    for start in range(0, (size // 64 + 1) * 64, 64):
        block = transform[start : start + 64]
        parts += [struct.pack("<q", transform[:start].count(c)) for c in "ACGT"]
        for c in "ACGT":
            bits = "".join("1" if b == c else "0" for b in block).ljust(64, "0")
            parts.append(struct.pack("<Q", int(bits, 2)))
    sampled = order[::8] + [0] * (size // 8 + 1 - len(order[::8]))
    parts += [b"\0" * len(sampled), *(struct.pack("<I", k) for k in sampled)]
    parts.append(struct.pack("<q", order.index(0)))
    return b"".join(parts)


@pytest.mark.parametrize("length", [1, 5, 31, 32, 64, 100, 191])
def test_index_is_that_of_a_naive_construction(length):
    rng = np.random.default_rng(length)
    text = "".join(rng.choice(list("ACGT"), length))
    opposite = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    files = aligner_index.index_files([("x", reference.encode(text))])
    assert files[".bwt.2bit.64"] == naive_index(text + opposite)
    assert files[".0123"] == bytes("ACGT".index(b) for b in text + opposite)
    packed = files[".pac"]
    assert packed[-1] == length % 4
    assert len(packed) == length // 4 + 2
    unpacked = [packed[k // 4] >> (6 - 2 * (k % 4)) & 3 for k in range(length)]
    assert "".join("ACGT"[code] for code in unpacked) == text


def test_index_of_rcrs_is_that_of_bwa_mem2():
    # Checksums of the files that `bwa-mem2 index` writes for the circle plus 1,000 bases.
    files = aligner_index.index_files([("chrM", circle.extended_codes(RCRS, 1000))])
    whole = hashlib.md5(b"".join(files[suffix] for suffix in aligner_index.SUFFIXES))
    assert whole.hexdigest() == "d63ac5822fa46084883f9e4374b87f7c"


def test_extended_circle_leaves_the_placeholder_out_and_starts_again():
    codes = circle.extended_codes(RCRS, 1000)
    np.testing.assert_array_equal(codes, reference.encode(CIRCLE + CIRCLE[:1000]))
    assert len(codes) == 17568


def test_impossible_extensions_and_ambiguous_references_are_refused():
    with pytest.raises(ValueError, match="expected 0 to 16568"):
        circle.extended_codes(RCRS, 20_000)
    unclear = RCRS.sequence[:99] + "N" + RCRS.sequence[100:]
    with pytest.raises(ValueError, match="one placeholder N alone"):
        circle.extended_codes(reference.Reference(unclear, reference.encode(unclear)), 10)
