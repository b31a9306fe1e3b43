"""The table of species, and what is not as the sheet lets expect."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mitotransfer.cohort.sample_files import CohortReader
from mitotransfer.cohort.species_table import finding, species_table
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.counts.two_species import SPECIES


def counts(tumor, host):
    facts = {"tumor": "human", "host": "mouse", "tumor_fragments": tumor, "host_fragments": host}
    meta = {SPECIES: facts | {"ambiguous_reads": 7}}
    return Counts(np.zeros((10, 4, 2), np.uint32), empty_indels(), meta)


@pytest.mark.parametrize(
    ("role", "purity", "fragments", "found"),
    [
        ("normal", "", (40, 39_960), "the normal has 0.001 (0.00071 to 0.0014) of human"),
        ("normal", "", (2, 40_000), ""),  # the lower bound is 6e-6
        ("normal", "", (0, 40_000), ""),
        ("tumor", "1", (9_900, 100), "the tumour sample of purity 1 has 0.01"),
        ("tumor", "0.6", (9_900, 100), ""),
        ("tumor", "", (9_900, 100), ""),
        ("immune", "", (100, 9_900), ""),
    ],
)
def test_the_other_species_where_it_should_not_be_is_a_finding(role, purity, fragments, found):
    told = finding(role, purity, counts(*fragments), 0.95)
    assert told.startswith(found) and bool(told) == bool(found)


def test_a_row_for_each_sample_that_was_counted_by_species():
    of = {"T": counts(5000, 0), "N": counts(50, 4950), "I": counts(0, 0)}
    of["F"] = Counts(of["T"].bases, of["T"].indels, {"failed": "no reads"})
    names = ["T", "N", "I", "F"]
    roles = ["tumor", "normal", "immune", "immune"]
    sheet = pd.DataFrame(
        {"sample": names, "patient": "P", "role": roles, "purity": ["1", "", "", ""]}
    )
    table = species_table(CohortReader(sheet, {}, of.__getitem__, lambda _: None), 0.95)
    assert table["sample"].tolist() == ["T", "N", "I"]
    assert table["tumor_share"].tolist()[:2] == [1.0, 0.01] and np.isnan(table["tumor_share"][2])
    assert table["tumor_share_low"][1] < 0.01 < table["tumor_share_high"][1]
    assert table["finding"].tolist()[::2] == ["", ""] and "human" in table["finding"][1]
    assert table["ambiguous_reads"].tolist() == [7, 7, 7]
