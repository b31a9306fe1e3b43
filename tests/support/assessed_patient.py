"""A patient with three informative variants, made by hand and assessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minor_variants import sample
from patients import context, mixed

from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import SampleFacts
from mitotransfer.verdicts import assess
from mitotransfer.verdicts.assess import Assessment

ROLES = {"T": "tumor", "I": "immune", "N": "normal"}
#: VAFs of three informative variants in the tumour.
TUMOR = {5000: 0.8, 9000: 0.7, 12000: 0.6}
SHARE = 0.1


def assessed(
    immune: dict[int, float] | None = None,
    others: dict[str, dict[int, float]] | None = None,
    *,
    tool: str = "",
    **changes: Any,
) -> dict[str, Assessment]:
    """Immune samples by name: ``I`` and others, with these VAFs; by default a tenth is tumoural.

    Args:
        tool: that counted ``I``.
    """
    seen = {pos: SHARE * vaf for pos, vaf in TUMOR.items()} if immune is None else immune
    vafs = {"T": TUMOR, "I": seen, "N": {}} | (others or {})
    roles = ROLES | dict.fromkeys(others or {}, "immune")
    counts = {name: sample(mixed(own), 2000) for name, own in vafs.items()}
    counts["I"] = replace(counts["I"], meta={"tool": tool})
    given = {"facts": SampleFacts(purity=Measured(1.0))} | changes
    found = assess.assess_patient(context(counts, roles, tuple(TUMOR), **given))
    return {str(a.row["sample"]): a for a in found}
