"""Numbers in words. No sentence claims more than its numbers show.

"Tumour mtDNA detected" is not "transfer"; "none detected" always names its detection limit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mitotransfer import wording
from mitotransfer.flag_words import split
from mitotransfer.fraction.zero_test import SMALLEST
from mitotransfer.inputs.columns import ROLES
from mitotransfer.report.tables import Patient, Row, number, text
from mitotransfer.verdicts.verdict import DETECTED, VERDICTS

NBSP = "\N{NO-BREAK SPACE}"
NONE = "–"

LABELS = {
    "transfer_supported": "transfer supported",
    "contamination_not_excluded": "contamination not excluded",
    "explained_by_contamination": "explained by contamination",
    "not_detected": "not detected",
    "underpowered": "underpowered",
    "uninformative": "uninformative",
    "failed_qc": "failed QC",
}
# A shape beside the colour, for readers without colour vision and for print in grey.
SYMBOLS = {
    "transfer_supported": "●",
    "contamination_not_excluded": "◐",
    "explained_by_contamination": "◒",
    "not_detected": "○",
    "underpowered": "◌",
    "uninformative": "∅",
    "failed_qc": "✕",
}
MEANINGS = {
    "transfer_supported": "Tumour mtDNA detected, and more of it than measured tumour cells and "
    "index cross-talk can bring together. Supported is not proven.",
    "contamination_not_excluded": "Tumour mtDNA detected; tumour cells in the preparation could "
    "have brought it or were not measured, the normal may hide as much, or the samples’ identity "
    "was not shown.",
    "explained_by_contamination": "Tumour mtDNA detected; tumour cells are shown in the "
    "preparation, and the mtDNA that they can bring covers it.",
    "not_detected": "No tumour mtDNA detected; the detection limit, which stands with each sample, "
    "is low enough to say so.",
    "underpowered": "No tumour mtDNA detected, but the detection limit is too high to say that "
    "there is none.",
    "uninformative": "Not testable: no tumour or normal sample, or no variant that distinguishes "
    "the tumour's mtDNA from the patient's own.",
    "failed_qc": "Not judged: swapped, foreign, too shallow, or files that cannot be used.",
}
NEGATIVE = ("not_detected", "underpowered")

ROLE_LABELS = {"tumor": "tumour", "immune": "immune", "normal": "normal"}
# Of an explanation, and of a screened product.
STATUS_SYMBOLS = {
    "excluded": "✓",
    "not_excluded": "!",
    "not_assessed": "?",
    "pass": "✓",
    "fail": "✕",
    "inconclusive": "?",
}

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(value: float) -> str:
    """A share as a percentage of two significant digits; a dash where it is missing."""
    if math.isnan(value):
        return NONE
    return wording.percent(value).replace(" ", NBSP)


def interval(low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"{percent(low)} to {percent(high)}"


def probability(value: float) -> str:
    """A p or q value of two significant digits."""
    if math.isnan(value):
        return NONE
    if value <= 0:
        return "<" + NBSP + "10" + "-300".translate(_SUPERSCRIPTS)
    if value >= 0.001:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    power = str(int(exponent)).translate(_SUPERSCRIPTS)
    return f"{mantissa}{NBSP}×{NBSP}10{power}"


def tested(row: Row, column: str) -> str:
    """A p or q value; ``≤`` where the test states p values down to a floor only."""
    floor = "≤" + NBSP if number(row, "p_value") <= SMALLEST else ""
    return floor + probability(number(row, column))


def flags(cell: object, meanings: Mapping[Any, str]) -> dict[str, str]:
    """The flags of a cell, in words, each with its meaning."""
    return {plain(word): meanings.get(word, "") for word in split(cell)}


def count(value: float) -> str:
    """A whole number with thousands separators; a dash where it is missing."""
    return NONE if math.isnan(value) else f"{round(value):,}"


def digits(value: float, significant: int) -> str:
    """A number with this many significant digits and thousands separators."""
    return f"{float(f'{value:.{significant}g}'):,.10g}"


def plain(name: str) -> str:
    """An identifier in words: ``not_excluded`` as ``not excluded``, British spelling."""
    return name.replace("_", " ").replace("tumor", "tumour")


def plural(n: int, one: str, many: str = "") -> str:
    """A number and its noun with a non-breaking space."""
    return wording.plural(n, one, many, NBSP)


def join(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def label(verdict: str) -> str:
    return LABELS.get(verdict, plain(verdict))


def verdict_counts(transfer: Iterable[Row]) -> list[tuple[str, int]]:
    """Number of immune samples of every verdict, in the order of ``VERDICTS``."""
    found = Counter(row["verdict"] for row in transfer)
    unknown = sorted(found.keys() - set(VERDICTS))
    return [(name, found[name]) for name in [*VERDICTS, *unknown]]


def summary(transfer: Sequence[Row], n_patients: int) -> list[str]:
    """What was tested and what was found, in three sentences."""
    found = Counter(row["verdict"] for row in transfer)
    if not transfer:
        return ["The sheet has no immune sample: there is nothing to test."]
    samples = plural(len(transfer), "immune sample")
    patients = plural(n_patients, "patient")
    verb = "was" if len(transfer) == 1 else "were"
    asked = (
        f"{samples} of {patients} {verb} examined for mtDNA of the patient’s own tumour, and for "
        "every explanation other than transfer."
    )
    detected = [row for row in transfer if row["verdict"] in DETECTED]
    judged = len(detected) + sum(found[name] for name in NEGATIVE)
    if not judged:
        return [asked, "None of them could be judged.", _unanswered(found)]
    positive = (
        f"Tumour mtDNA was detected in {count(len(detected))} of {count(judged)} that could be "
        "judged"
    )
    if detected:
        who = len({row["patient"] for row in detected})
        parts = [f"{count(found[name])} {_OUTCOMES[name]}" for name in DETECTED if found[name]]
        positive += f" ({plural(who, 'patient')}): {join(parts)}"
        if doubtful := sum(number(row, "tumor_fraction_low") == 0 for row in detected):
            positive += f"; {count(doubtful)} may have none that is the tumour’s"
    positive += "."
    rest = []
    if negative := [row for row in transfer if row["verdict"] == "not_detected"]:
        rest.append(f"none was detected in {plural(len(negative), 'sample')}{_limits(negative)}")
    if weak := [row for row in transfer if row["verdict"] == "underpowered"]:
        rest.append(f"{plural(len(weak), 'sample')} had too little power to tell{_limits(weak)}")
    if missing := found["uninformative"] + found["failed_qc"]:
        rest.append(f"{plural(missing, 'sample')} could not be judged")
    if not rest:
        return [asked, positive, "There was no immune sample without a finding."]
    sentence = "; ".join(rest)
    return [asked, positive, sentence[0].upper() + sentence[1:] + "."]


def quotable(prevalence: Sequence[Row]) -> str:
    """The cohort's result in one sentence that can be quoted; "" without a patient to judge by.

    Args:
        prevalence: rows of ``prevalence.tsv``.
    """
    found = {
        row["finding"]: row
        for row in prevalence
        if row["group"] == "overall" and row["denominator"] == "powered"
    }
    supported, detected = found.get("transfer_supported"), found.get("detected")
    if supported is None or detected is None or not number(supported, "patients") > 0:
        return ""

    def share(row: Row) -> str:
        bounds = interval(number(row, "prevalence_low"), number(row, "prevalence_high"))
        return f"{percent(number(row, 'prevalence'))}; {bounds}"

    patients = plural(int(number(supported, "patients")), "patient")
    return (
        f"Of {patients} whose samples could tell, {count(number(supported, 'positive'))} "
        f"({share(supported)}) had immune cells with more mtDNA of the tumour than measured tumour "
        f"cells and index cross-talk bring; tumour mtDNA was detected in "
        f"{count(number(detected, 'positive'))} ({share(detected)})."
    )


def _limits(rows: Sequence[Row]) -> str:
    """The range of the detection limits, for all negative samples."""
    limits = [value for row in rows if not math.isnan(value := number(row, "detection_limit"))]
    if not limits:
        return " (detection limit unknown)"
    low, high = percent(min(limits)), percent(max(limits))
    if low == high:
        return f" (detection limit {low} of the mtDNA)"
    return f" (detection limits from {low} to {high} of the mtDNA)"


_OUTCOMES = {
    "transfer_supported": "with more than measured contamination can bring (transfer supported)",
    "contamination_not_excluded": "for which contamination is not excluded",
    "explained_by_contamination": "that tumour cells in the preparation explain",
}


def _unanswered(found: Counter[str]) -> str:
    parts = [
        f"{count(found[name])} {'is' if found[name] == 1 else 'are'} {words}"
        for name, words in (("uninformative", "uninformative"), ("failed_qc", "of failed quality"))
        if found[name]
    ]
    return (join(parts) or "No verdict was given") + "."


def finding(row: Row) -> str:
    """The fraction of one immune sample in words, with its interval or its detection limit."""
    limit = number(row, "detection_limit")
    if row["verdict"] in DETECTED:
        low, high = number(row, "tumor_fraction_low"), number(row, "tumor_fraction_high")
        share = percent(number(row, "tumor_fraction"))
        if low == 0:
            return (
                f"Tumour alleles as {share} of tumour mtDNA would bring them "
                f"({interval(low, high)}), not shown to be the tumour’s"
            )
        return f"{share} of the mtDNA is of tumour origin ({interval(low, high)})"
    if row["verdict"] in NEGATIVE:
        if math.isnan(limit):
            return "No tumour mtDNA detected; a detection limit cannot be stated"
        return f"No tumour mtDNA detected; detection limit {percent(limit)} of the mtDNA"
    return "Not judged"


def patient_summary(patient: Patient) -> str:
    """The first sentence of a patient's page."""
    if not patient.transfer:
        return "This patient has no immune sample: there is nothing to judge."
    parts = []
    for row in patient.transfer:
        name = text(row.get("cell_type"))
        limit = _limits([row]) if row["verdict"] in NEGATIVE else ""
        cells = f" ({name})" if name else ""
        parts.append(f"{row['sample']}{cells}: {label(row['verdict'])}{limit}")
    return "; ".join(parts) + "."


def samples_in_words(patient: Patient) -> str:
    found = Counter(row["role"] for row in patient.samples)
    parts = [f"{found[role] or 'no'} {ROLE_LABELS[role]}" for role in ROLES]
    return join(parts) + " sample" + ("" if sum(found.values()) == 1 else "s")
