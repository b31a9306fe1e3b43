"""Flags of recurrent positions and of alleles of nuclear copies."""

import pandas as pd
from places import GENOME

from mitotransfer.calls import published_sites


def frame(*rows):
    columns = ["pos", "alt", "type", "vaf", "filter", "flags"]
    return pd.DataFrame(rows, columns=columns)


def flags(*rows):
    return published_sites.add(frame(*rows), GENOME)["flags"].tolist()


def test_recurrent_positions_are_flagged_by_type():
    rows = (152, "C", "SNV", 0.1, "PASS", ""), (152, "TC", "insertion", 0.1, "PASS", "")
    assert flags(*rows, (3244, "A", "SNV", 0.1, "PASS", "")) == ["hot_spot", "", ""]
    # Left-normalised, an indel of 11867-11872 stands at 11866.
    got = flags(
        (11866, "AC", "insertion", 0.1, "PASS", "homopolymer"),
        (11866, "G", "SNV", 0.1, "PASS", ""),
    )
    assert got == ["homopolymer;indel_hot_spot", ""]


def test_only_minor_alleles_of_nuclear_copies_are_flagged():
    rows = [
        (6023, "A", "SNV", 0.004, "PASS", "linked"),
        (6023, "T", "SNV", 0.004, "PASS", ""),
        (6023, "A", "SNV", 0.99, "PASS", ""),
    ]
    assert [text.split(";") for text in flags(*rows)] == [["linked", "numt"], [""], [""]]


def test_no_calls_no_flags():
    assert published_sites.add(frame(), GENOME).empty
