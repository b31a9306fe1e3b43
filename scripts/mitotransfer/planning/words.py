"""A plan in words: a table's row, and one paragraph."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mitotransfer.planning.outcome import NEEDS, Outcome
from mitotransfer.planning.tumors import PER_TUMOR, Answered
from mitotransfer.wording import percent, plural

#: Columns of the table of plans, with their meaning.
COLUMNS = {
    "detection_limit": "smallest fraction that is detected with the probability verdict.power",
    "smallest_supported": "smallest fraction that would be shown as transfer in four of five "
    "samples; empty: none would",
    "supported": "whether the fraction sought would be shown as transfer",
    "lacking": "what is missing for that: " + ", ".join(NEEDS),
    "loci_needed": "nuclear SNVs with which it would be supported; empty: their number does not "
    "decide",
    "best_change": "the change of the design that helps most",
    "supported_after": "smallest fraction supported after it",
    "informative_patients": "share of patients with an informative variant",
    "negative_answers": "share of patients in whom absence could be stated",
    "positive_answers": "share of patients in whom the fraction sought would be shown",
}


def row(found: Outcome, patients: Answered | None) -> dict[str, Any]:
    """A row of the table of plans; missing numbers are NaN."""
    best = next(iter(found.gains.items()), ("", math.nan))
    shares = (patients.informative, patients.negative, patients.positive) if patients else ()
    values = (
        found.detection_limit,
        found.smallest_supported,
        found.supported,
        ";".join(found.lacking),
        found.loci_needed,
        *best,
        *(shares or (math.nan,) * 3),
    )
    return dict(zip(COLUMNS, values, strict=True))


def paragraph(found: Outcome, patients: Answered | None) -> str:
    """What a design can show, what limits it, and what to change."""
    design = found.design
    sought = percent(design.fraction)
    sentences = [
        f"An immune sample at {design.immune_depth:,.0f}x with "
        f"{plural(len(design.tumor_vafs), 'informative variant')} has a detection limit of "
        f"{percent(found.detection_limit)} of the mtDNA."
    ]
    if math.isnan(found.smallest_supported):
        sentences.append("No fraction, however large, could be shown as transfer.")
    else:
        sentences.append(
            "The smallest fraction that four of five such samples would show as transfer is "
            f"{percent(found.smallest_supported)}."
        )
    if found.supported:
        sentences.append(f"The {sought} sought would be supported.")
    else:
        lacking = "; ".join(NEEDS[name] for name in found.lacking)
        sentences.append(f"The {sought} sought would not be supported. It lacks: {lacking}.")
    sentences += _helps(found.gains)
    if not math.isnan(found.loci_needed):
        sentences.append(
            f"For the fraction sought {plural(int(found.loci_needed), 'nuclear SNV')} are enough."
        )
    if patients:
        sentences.append(
            f"If tumours have {PER_TUMOR:g} mtDNA substitutions each, as assumed, "
            f"{percent(patients.informative)} of the patients have an informative variant; "
            f"{percent(patients.negative)} could be told that there is none, and {sought} would be "
            f"shown in {percent(patients.positive)}."
        )
    return " ".join(sentences)


def _helps(gains: Mapping[str, float]) -> list[str]:
    if not gains:
        return ["No usual change of the design would by itself help much."]
    parts = [f"{words} ({percent(reached)})" for words, reached in list(gains.items())[:3]]
    return [f"Most would be gained by {', then '.join(parts)}."]
