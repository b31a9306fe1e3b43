from __future__ import annotations

import gzip

import numpy as np
import pytest

from mitotransfer.cells import barcodes
from mitotransfer.cells.barcodes import UNKNOWN, Known


def looked_up(known, texts):
    data = np.frombuffer(b"".join(text.encode() + b"\0" for text in texts) + bytes(300), np.uint8)
    starts = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
    numbers = [int(barcodes.number_of(data, at, known.table)[0]) for at in starts]
    known.name(data)
    return numbers


def test_listed_barcodes_have_the_numbers_of_the_list_and_others_none():
    known = Known(["ACG-1", "TTT-1"], more=False)
    assert looked_up(known, ["TTT-1", "CCC-1", "ACG-1"]) == [1, UNKNOWN, 0]
    assert known.texts == ["ACG-1", "TTT-1"]


def test_barcodes_that_are_met_get_numbers_in_their_order():
    known = Known((), more=True)
    assert looked_up(known, ["TTT-1", "CCC-1", "TTT-1"]) == [0, 1, 0]
    assert known.texts == ["TTT-1", "CCC-1"]


def test_a_table_of_many_barcodes_keeps_them_all():
    known = Known((), more=True)
    rng = np.random.default_rng(0)
    texts = ["".join(row) for row in rng.choice(list("ACGT"), (40_000, 12))]
    for start in range(0, len(texts), 5000):
        looked_up(known, texts[start : start + 5000])
    assert known.texts == list(dict.fromkeys(texts))
    numbers = {text: number for number, text in enumerate(known.texts)}
    assert looked_up(known, texts[:100]) == [numbers[text] for text in texts[:100]]


def test_a_barcode_that_is_twice_in_a_list_is_refused():
    with pytest.raises(ValueError, match="there twice"):
        Known(["A", "A"], more=False)


@pytest.mark.parametrize("packed", [False, True])
def test_a_list_is_read_plain_or_gzipped(tmp_path, packed):
    text = b"barcode,is_cell\nTTT-1,1\nACG-1,0\n\nTTT-1,1\n"
    path = tmp_path / "barcodes.tsv.gz"
    path.write_bytes(gzip.compress(text) if packed else text)
    assert barcodes.read_list(path) == ["ACG-1", "TTT-1"]


def test_an_empty_list_is_told(tmp_path):
    (tmp_path / "list.txt").write_text("\n")
    with pytest.raises(ValueError, match="no barcodes; expected one a line"):
        barcodes.read_list(tmp_path / "list.txt")


@pytest.mark.parametrize(
    ("listed", "seen", "part"),
    [
        (["ACC-1"], ["ACC-1", "GGG-1"], ""),
        (["ACC"], ["ACC-1"], "they fit with the suffix -1"),
        (["ACC-1"], ["ACC"], "they fit without its suffix"),
        (["ACC-1"], ["GGT-1"], "they fit reverse complement"),
        (["ACC-1"], ["TTTT"], "another tag (such as DB)"),
    ],
)
def test_spellings_that_do_not_fit_are_told(listed, seen, part):
    message = barcodes.mismatch(listed, seen)
    assert part in message
    assert bool(message) == bool(part)
