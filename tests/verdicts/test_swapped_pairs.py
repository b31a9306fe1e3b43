"""Swapped pairs: partners, what counts, and the rate of false positives."""

import numpy as np
import pandas as pd
import pytest
from places import LENGTH, RCRS
from scipy import stats

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.patient.pooling import Pooled
from mitotransfer.verdicts import swapped_pairs
from mitotransfer.verdicts.swapped_pairs import NULL, NULL_SUMMARY, Panel

NONE = pd.DataFrame(columns=swapped_pairs.PANEL_COLUMNS)


def panel(name: str, batch: str = "", design: str = "autologous") -> Panel:
    return Panel(name, design, frozenset({batch} - {""}), NONE)


def test_partners_are_others_of_the_same_design() -> None:
    panels = {n: panel(n) for n in map("P{}".format, range(30))}
    panels["X"] = panel("X", design="allogeneic")
    ring = sorted(panels, key=swapped_pairs.place)
    used: dict[str, int] = {}
    for name in panels:
        if name == "X":
            continue
        found = swapped_pairs.partners(name, "autologous", "", panels, ring=ring, n=5)
        assert len(set(found)) == 5 and name not in found and "X" not in found
        for other in found:
            used[other] = used.get(other, 0) + 1
    # Neighbours on a ring: every patient is a partner about equally often.
    assert len(used) == 30 and max(used.values()) <= 6
    assert swapped_pairs.partners("X", "allogeneic", "", panels, ring=ring, n=5) == []
    # Other animals have the same tumour line.
    of_line = {n: panel(n, design="syngeneic") for n in "ABC"}
    assert swapped_pairs.partners("A", "syngeneic", "", of_line, ring=list("ABC"), n=5) == []
    # Someone without a panel has partners too.
    assert len(swapped_pairs.partners("stranger", "autologous", "", panels, ring=ring, n=5)) == 5


def test_partners_of_other_batches_go_first() -> None:
    panels = {f"P{i}": panel(f"P{i}", f"run{i % 2}") for i in range(8)}
    ring = sorted(panels, key=swapped_pairs.place)
    found = swapped_pairs.partners("P0", "autologous", "run0", panels, ring=ring, n=5)
    assert [panels[name].batches == {"run1"} for name in found] == [True] * 4 + [False]


def test_large_cohorts_have_fewer_partners() -> None:
    assert swapped_pairs.partners_per_sample(0) == swapped_pairs.partners_per_sample(1000) == 5
    assert swapped_pairs.partners_per_sample(10_000) == 1
    assert 3333 * swapped_pairs.partners_per_sample(3333) <= swapped_pairs.ENOUGH_PAIRS


def counts(alleles: dict[int, tuple[int, int]], depth: int = 1000) -> Counts:
    """A in every fragment, but for ``position: (allele, fragments)``."""
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:, 0] = depth // 2
    for pos, (allele, n) in alleles.items():
        bases[pos - 1, 0] -= n // 2
        bases[pos - 1, allele] += n // 2
    return Counts(bases, empty_indels(), {})


VARIANTS = pd.DataFrame(
    {
        "pos": [100, 200, 300, 400, 500], "ref": list("AAAAG"), "alt": list("GGGGA"),
        "type": "SNV", "usable": True, "flags": "", "tumor_alt_forward": 200,
        "tumor_alt_reverse": 200, "tumor_depth_forward": 250, "tumor_depth_reverse": 250,
    }
)  # fmt: skip


def swapped(other: Panel, immune: Counts, normal: Counts, tumor: Counts) -> pd.DataFrame:
    pooled = Pooled([tumor], [normal])
    return swapped_pairs.swapped_evidence(
        other, immune, pooled, RCRS, max_vaf=0.02, confidence=0.95
    )


def test_only_alleles_that_the_own_samples_lack_count() -> None:
    other = Panel("B", "autologous", frozenset(), VARIANTS)
    immune = counts({100: (2, 60), 200: (2, 1000), 300: (2, 500)})
    normal = counts({200: (2, 1000)})  # fixed in this person
    tumor = counts({300: (2, 400)})  # this tumour has it, too
    table = swapped(other, immune, normal, tumor)
    # 500: the other person's base is G, here A is fixed: nothing to be seen.
    assert table["pos"].tolist() == [100, 400]
    assert table["immune_alt_forward"].tolist() == [30, 0]
    assert table["normal_depth_reverse"].tolist() == [500, 500]
    assert table["tumor_alt_forward"].tolist() == [200, 200]
    # A normal too shallow to exclude the allele leaves nothing.
    shallow = counts({}, depth=20)
    assert swapped(other, immune, shallow, tumor).empty


@pytest.mark.parametrize(("rejected", "warning"), [(0, False), (4, False), (7, True)])
def test_summary(rejected: int, warning: bool) -> None:
    table = pd.DataFrame([("A", "s", "B", 3, 0.0, 0.5)] * 200, columns=NULL.names)
    table.loc[: rejected - 1, "p_value"] = 0.001
    (row,) = swapped_pairs.summary(table, 0.01, 0.95).to_dict("records")
    assert list(row) == NULL_SUMMARY.names
    exact = stats.binomtest(rejected, 200).proportion_ci(0.95)
    assert row["rate_low"] == pytest.approx(exact.low)
    assert row["rate_high"] == pytest.approx(exact.high)
    assert (row["pairs"], row["rejected"], row["warning"]) == (200, rejected, warning)
    text = swapped_pairs.warning_text(swapped_pairs.summary(table, 0.01, 0.95))
    assert bool(text) == warning
    assert not text or "7 of 200" in text


def test_summary_of_nothing() -> None:
    (row,) = swapped_pairs.summary(pd.DataFrame(columns=NULL.names), 0.01, 0.95).to_dict("records")
    assert row["pairs"] == 0 and np.isnan(row["rate"]) and not row["warning"]
    assert (row["rate_low"], row["rate_high"]) == (0, 1)


def test_positions_of_a_panel_hold_both_ends_of_a_junction() -> None:
    rows = pd.DataFrame(
        {"pos": [500, 8469], "alt": ["G", "T[chrM:13447["], "type": ["SNV", JUNCTION]}
    )
    found = Panel("P", "autologous", frozenset(), rows).positions
    # Of the bonds 8469|8470 and 13446|13447.
    assert found.tolist() == [499, 8468, 13445]
    assert panel("P").positions.size == 0
