"""Groups of cells from counts of other tools: samples like those of a BAM, with what they lack."""

from dataclasses import replace

import numpy as np
import pytest
from places import RCRS

from mitotransfer.calls import call
from mitotransfer.cells import tool_groups
from mitotransfer.cells.other_tools import BASES_PER_FRAGMENT, Entries
from mitotransfer.counts import allele_counts, quality, rna
from mitotransfer.errors import background, sample_errors
from mitotransfer.fraction.shared_fragments import fragment_bases
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs.settings import Counting

RULES = Counting()
CELLS = [f"CELL{i}" for i in range(6)]
#: Position (0-based) and allele of a variant that the last three cells have on 30 % of their mtDNA.
VARIANT = 9000, "ACGT".index("T" if RCRS.sequence[9000] != "T" else "C")


@pytest.fixture(scope="module")
def entries():
    rng = np.random.default_rng(1)
    rows = []
    own = np.minimum(RCRS.codes, 3).astype(int)
    for cell in range(6):
        counts = np.zeros((RCRS.length, 4, 2), int)
        for strand in (0, 1):
            depth = rng.poisson(40, RCRS.length)
            errors = rng.binomial(depth, 5e-4)
            counts[np.arange(RCRS.length), own, strand] = depth - errors
            wrong = (own + rng.integers(1, 4, RCRS.length)) % 4
            counts[np.arange(RCRS.length), wrong, strand] += errors
            if cell >= 3:
                moved = rng.binomial(counts[VARIANT[0], own[VARIANT[0]], strand], 0.3)
                counts[VARIANT[0], own[VARIANT[0]], strand] -= moved
                counts[VARIANT[0], VARIANT[1], strand] += moved
        at, allele, strand = np.nonzero(counts)
        number = counts[at, allele, strand]
        rows.append([np.full(len(at), cell), at, allele, strand, number])
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    return Entries(tuple(CELLS), *columns, stranded=True, listed=None, tool="mgatk", length=16569)


def test_groups_add_up_to_all_cells(entries):
    groups = [CELLS[:2], CELLS[2:5], CELLS[5:]]
    parts = [tool_groups.count_group(entries, one, "x", RCRS, RULES).bases for one in groups]
    every = tool_groups.count_group(entries, CELLS, "x", RCRS, RULES)
    np.testing.assert_array_equal(sum(parts), every.bases)
    assert every.bases.sum() == entries.counts.sum()
    assert not tool_groups.reason_without_counts(entries, every)
    nobody = tool_groups.count_group(entries, ["OTHER"], "x", RCRS, RULES)
    reason = tool_groups.reason_without_counts(entries, nobody)
    assert reason == "the counts of mgatk hold none of its cells"


def test_a_variant_is_called_as_in_a_sample_of_reads(entries, tmp_path):
    made = tool_groups.count_group(entries, CELLS[3:], "L.tumor", RCRS, RULES)
    quality.save(made, RCRS, str(tmp_path / "c.npz"), str(tmp_path / "qc.json"))
    counts = allele_counts.load(tmp_path / "c.npz", sums=True)
    assert (counts.tool, counts.sums, len(counts.indels)) == ("mgatk", None, 0)
    assert fragment_bases(counts) == BASES_PER_FRAGMENT
    genome = bundle.load(reference.bundled())
    errors = sample_errors.estimate_errors(counts)
    predicted = background.background(errors, RCRS, None)
    tested = call.tested_alleles(counts, predicted, genome, call.CallSettings())
    found = call.call(tested, genome, call.CallSettings())
    mixed = found[(found["filter"] == "PASS") & (found["state"] == "heteroplasmic")]
    assert mixed["pos"].tolist() == [VARIANT[0] + 1]
    assert mixed["vaf"].iloc[0] == pytest.approx(0.3, abs=0.06)


def test_counts_without_strands_are_called_too(entries):
    """cellSNP-lite gives no strands: what is of one strand alone is no sign of an artefact."""
    forward = replace(entries, strands=np.zeros_like(entries.strands), stranded=False)
    made = tool_groups.count_group(forward, CELLS[3:], "L.tumor", RCRS, RULES)
    counts = allele_counts.Counts(made.bases, allele_counts.empty_indels(), made.meta)
    genome = bundle.load(reference.bundled())
    predicted = background.background(sample_errors.estimate_errors(counts), RCRS, None)
    tested = call.tested_alleles(counts, predicted, genome, call.CallSettings())
    found = call.call(tested, genome, call.CallSettings())
    mixed = found[(found["filter"] == "PASS") & (found["state"] == "heteroplasmic")]
    assert mixed["pos"].tolist() == [VARIANT[0] + 1]


def test_counts_at_a_few_sites_make_no_sample(entries):
    few = replace(entries, listed=np.arange(200), tool="cellSNP-lite")
    made = tool_groups.count_group(few, CELLS, "x", RCRS, RULES)
    reason = tool_groups.reason_without_counts(few, made)
    assert reason.startswith("cellSNP-lite counted at 200 sites of 16,569")
    assert not tool_groups.reason_without_counts(replace(few, listed=np.arange(16_000)), made)


def test_modified_positions_of_rna_do_not_count(entries):
    genome = bundle.load(reference.bundled())
    made = rna.masked(tool_groups.count_group(entries, CELLS, "x", RCRS, RULES), genome)
    assert made.sums is None and made.meta["rna"] and made.meta["tool"] == "mgatk"
    assert not made.bases[genome.rna_sites].any() and made.bases.any()
