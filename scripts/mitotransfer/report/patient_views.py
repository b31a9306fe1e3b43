"""Rows of the pages, from tables and words, for the templates."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mitotransfer import flag_words, flags
from mitotransfer.report import words
from mitotransfer.report.figures import scale
from mitotransfer.report.tables import (
    Depth,
    Patient,
    Row,
    is_usable,
    number,
    records,
    text,
    time_of,
    variant_name,
)
from mitotransfer.verdicts import verdict
from mitotransfer.verdicts.verdict import DETECTED

#: Width in pixels and margin of the interval drawn in a table's row.
TRACK, MARGIN = 176, 6

EXPLANATIONS = {
    "tumor_cell_contamination": "Tumour cells in the preparation",
    "ambient_mtdna": "Free mtDNA of lysed tumour cells",
    "library_carryover": "Carry-over between libraries",
    "index_crosstalk": "Swapped indexes from the tumour library (cross-talk)",
    "sample_swap": "Swapped sample",
    "foreign_dna": "DNA of another person",
    "inherited_heteroplasmy": "Inherited or early-embryonic heteroplasmy",
    "recurrent_mutation": "The same mutation by chance (hot spot)",
    "numt": "Nuclear copy of mtDNA (NUMT)",
    "sequencing_artefact": "Sequencing artefact",
    "immune_clonal_expansion": "Clonal expansion of immune cells with a variant of their own",
    "reverse_leak": "Immune cells inside the bulk tumour",
    "reverse_transfer": "Transfer in the other direction",
    "low_power": "Too little power",
}
#: End of the evidence of explanations of a finding where there is none.
NOTHING = "nothing to explain."
GROUPS = {"overall": "All patients", "cancer_type": "Cancer type", "stage": "Stage"}
FINDINGS = {
    "transfer_supported": "transfer supported",
    "detected": "tumour mtDNA detected",
    "baseline_not_excluded": "tumour alleles not shown to be the tumour's",
}


def mark(
    estimate: float, low: float, high: float, limit: float = math.nan, linear: bool = False
) -> dict[str, float]:
    """Pixels of an estimate, its interval and a detection limit, without missing ones.

    >>> mark(0.1, 0.01, 1.0)
    {'estimate': 122.9, 'low': 66.9, 'high': 182.0}
    """
    values = {"estimate": estimate, "low": low, "high": high, "limit": limit}
    return {name: _pixel(value, linear) for name, value in values.items() if not math.isnan(value)}


def _pixel(value: float, linear: bool) -> float:
    return round(MARGIN + TRACK * (value if linear else float(scale.position(value))), 1)


def axis_ticks(linear: bool = False) -> list[tuple[float, str]]:
    """Pixels and labels (per cent) of the ticks of the drawn axis."""
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0) if linear else scale.TICKS
    return [(_pixel(tick, linear), f"{100 * tick:g}") for tick in ticks]


def sort_key(value: float) -> str:
    """A number as sort key for the page's script; missing numbers are empty and come last."""
    return "" if math.isnan(value) else f"{value:.6g}"


class Cell(NamedTuple):
    """A number of a table: its text, and its sort key for the page's script."""

    text: str
    sort: str


def cell(value: float, shown: Callable[[float], str] = words.percent) -> Cell:
    """The cell of a number."""
    return Cell(shown(value), sort_key(value))


def tested_cell(row: Row, column: str) -> Cell:
    """The cell of a p or q value."""
    return Cell(words.tested(row, column), sort_key(number(row, column)))


def evidence(row: Row) -> str:
    """The evidence in words; a number and its per cent sign stay on one line."""
    return text(row.get("evidence")).replace(" %", f"{words.NBSP}%")


def open_explanations(row: Row) -> list[str]:
    """The explanations that a finding leaves open, in words."""
    return [EXPLANATIONS.get(name, name) for name in flag_words.split(row.get("open_explanations"))]


def open_by_samples(transfer: Sequence[Row]) -> list[tuple[list[str], list[str]]]:
    """Open explanations of a patient's samples, with the samples that leave the same ones open."""
    found: dict[tuple[str, ...], list[str]] = {}
    for row in transfer:
        if names := tuple(open_explanations(row)):
            found.setdefault(names, []).append(row["sample"])
    return [(list(names), samples) for names, samples in found.items()]


def open_for_all(transfer: Sequence[Row]) -> set[str]:
    """Explanations that every detected sample leaves open; they distinguish none of them."""
    found = [set(open_explanations(row)) for row in transfer if row["verdict"] in DETECTED]
    return set.intersection(*found) if found else set()


def in_order_of_time(rows: Sequence[Row]) -> list[Row]:
    """Verdict records by cell type and time, else as they come."""
    return sorted(rows, key=lambda row: (text(row.get("cell_type")), _time(row)))


def _time(row: Row) -> float:
    time = time_of(row)
    return math.inf if math.isnan(time) else time


def verdict_row(row: Row, info: Row, every: Collection[str] = ()) -> dict[str, Any]:
    """A row of the index page's table of verdicts.

    Args:
        every: open explanations that are not repeated in each row.
    """
    values = {
        name: number(row, column)
        for name, column in (
            ("estimate", "tumor_fraction"), ("low", "tumor_fraction_low"),
            ("high", "tumor_fraction_high"), ("limit", "detection_limit"),
        )
    }  # fmt: skip
    judged = row["verdict"] in (*DETECTED, *words.NEGATIVE)
    order = (*verdict.VERDICTS, row["verdict"]).index(row["verdict"])
    return {
        "patient": row["patient"],
        "sample": row["sample"],
        "cell_type": text(row.get("cell_type")),
        "timepoint": text(row.get("timepoint")),
        "cancer_type": text(info.get("cancer_type")),
        "stage": text(info.get("stage")),
        "verdict": row["verdict"],
        "order": order,
        "evidence": evidence(row),
        "fraction": cell(values["estimate"] if judged else math.nan),
        "interval": words.interval(values["low"], values["high"]) if judged else "",
        "limit": cell(values["limit"]),
        "q": tested_cell(row, "q_value"),
        "informative": cell(number(row, "n_informative"), words.count),
        "supporting": words.count(number(row, "n_supporting")),
        "flags": words.flags(row.get("flags"), flags.OF_SAMPLES),
        "open": [name for name in open_explanations(row) if name not in every],
        "mark": mark(values["estimate"], values["low"], values["high"], values["limit"])
        if judged
        else {},
    }


def prevalence_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Prevalence by group and finding, both denominators (``powered``, ``all``) in one row.

    Alleles that the normal may have get a row only if a patient has such a finding. Groups without
    a powered patient are left out.
    """
    powered = frame[(frame["denominator"] == "powered") & (frame["patients"] > 0)]
    known = set(zip(powered["group"], powered["value"], strict=True))
    keys = zip(frame["group"], frame["value"], strict=True)
    kept = [key in known or key[0] == "overall" for key in keys]
    frame = frame[np.array(kept, bool)]
    doubtful = frame["finding"] == "baseline_not_excluded"
    if not frame.loc[doubtful, "positive"].sum():
        frame = frame[~doubtful]
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in records(frame):
        key = (row["group"], row["value"], row["finding"])
        entry = found.setdefault(
            key,
            {
                "group": GROUPS.get(row["group"], words.plain(row["group"])),
                "value": row["value"] or ("" if row["group"] == "overall" else "not given"),
                "finding": FINDINGS.get(row["finding"], words.plain(row["finding"])),
                "cells": {},
            },
        )
        share, low, high = (number(row, f"prevalence{end}") for end in ("", "_low", "_high"))
        patients = number(row, "patients")
        entry["cells"][row["denominator"]] = {
            "count": f"{words.count(number(row, 'positive'))} of {words.count(patients)}",
            "share": words.percent(share) if patients > 0 else "no patient to judge by",
            "interval": words.interval(low, high) if patients > 0 else "",
            "mark": mark(share, low, high, linear=True) if patients > 0 else {},
        }
    return list(found.values())


def crosstalk_batches(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Index cross-talk per batch: the median rate and the largest bounds of its samples."""
    if frame.empty:
        return []
    rows: dict[str, list[Row]] = {}
    for row in records(frame):
        rows.setdefault(text(row.get("batch")), []).append(row)
    found = []
    for batch, members in sorted(rows.items()):
        rates = [number(row, "rate") for row in members if not math.isnan(number(row, "rate"))]
        found.append(
            {
                "batch": batch or "(none given)",
                "samples": len(members),
                "source": words.join(sorted({text(row.get("source")) for row in members})),
                "rate": words.percent(sorted(rates)[len(rates) // 2] if rates else math.nan),
                "rate_high": words.percent(_largest(members, "rate_high")),
                "from_tumor_high": words.percent(_largest(members, "from_tumor_high")),
            }
        )
    return found


def _largest(rows: Sequence[Row], column: str) -> float:
    values = [number(row, column) for row in rows]
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def qc_row(
    patient: Patient, sample: Row, depth: Depth | None, haplogroup: str = ""
) -> dict[str, Any]:
    """A row of the quality table."""
    identity = patient.identity.get(sample["sample"], {})
    mean = depth.mean if depth else math.nan
    covered = float((depth.depth >= 100).mean()) if depth else math.nan
    foreign = patient.crosstalk.get(sample["sample"], {})
    told = depth.qc.get("warnings", []) if depth else []
    remarks = [text(identity.get("reason")), *told]
    if not math.isnan(share := number(foreign, "foreign_share")) and share > 0:
        source = text(foreign.get("foreign_patient")) or "nobody of the cohort"
        bounds = words.interval(number(foreign, "foreign_low"), number(foreign, "foreign_high"))
        remarks.append(f"a foreign haplotype of {words.percent(share)} ({bounds}) fits {source}")
    return {
        "sample": sample["sample"],
        "patient": patient.patient,
        "role": words.ROLE_LABELS.get(sample["role"], sample["role"]),
        "role_name": sample["role"],
        "mean_depth": mean,
        "cell_type": text(sample.get("cell_type")),
        "timepoint": text(sample.get("timepoint")),
        "batch": text(sample.get("batch")),
        "assay": text(sample.get("assay")),
        "depth": cell(mean, words.count),
        "covered": cell(covered),
        "identity": text(identity.get("status")) or "not checked",
        "differences": words.count(number(identity, "differences")),
        "haplogroup": haplogroup,
        "reason": "; ".join(remark for remark in remarks if remark),
    }


def quality_facts(depths: Mapping[str, Depth | None]) -> list[tuple[str, list[str]]]:
    """Quantities of ``qc.json`` by name, each with the values of all samples."""
    facts = [depth.qc if depth else {} for depth in depths.values()]
    names = sorted({name for own in facts for name in own} - {"sample", "warnings"})
    rows = [(words.plain(name), [_fact(own.get(name)) for own in facts]) for name in names]
    return [(name, values) for name, values in rows if any(values)]


def _fact(value: object) -> str:
    if isinstance(value, float):
        return words.digits(value, 4)
    if isinstance(value, int) and not isinstance(value, bool):
        return words.count(value)
    return value if isinstance(value, str) else ""


def explanation_rows(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Rows of the table of other explanations, without those that have nothing to explain."""
    rows = [row for row in rows if not text(row.get("evidence")).endswith(NOTHING)]
    return [
        {
            "name": EXPLANATIONS.get(row["explanation"], _sentence(row["explanation"])),
            "status": row["status"],
            "evidence": evidence(row),
        }
        for row in rows
    ]


def _sentence(name: str) -> str:
    plain = words.plain(name)
    return plain[:1].upper() + plain[1:]


def variants_with_flags(variants: list[Row]) -> dict[str, Any]:
    """``variants``, as rows of the table, and ``variant_flags``: each flag of theirs in words."""
    rows = variant_rows(variants)
    says = {name: text for own in rows for name, text in own["flags"].items()}
    return {"variants": rows, "variant_flags": says}


def variant_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of the table of variants, by position."""
    found = []
    for row in sorted(rows, key=lambda row: (number(row, "pos"), text(row.get("alt")))):
        cells: dict[str, Any] = {
            "name": variant_name(row),
            "pos": text(row["pos"]),
            "gene": text(row.get("gene")),
            "consequence": words.plain(text(row.get("consequence"))),
            "usable": is_usable(row),
            "flags": words.flags(row.get("flags"), flags.OF_VARIANTS),
            "background": cell(number(row, "background_rate")),
            "p": tested_cell(row, "p_value"),
        }
        for name in ("tumor", "immune", "normal", "variant_fraction"):
            column = name if name == "variant_fraction" else f"{name}_vaf"
            low, high = number(row, f"{column}_low"), number(row, f"{column}_high")
            cells[name] = {
                "cell": cell(number(row, column)),
                "interval": words.interval(low, high),
                "strands": " + ".join(
                    words.count(number(row, f"{name}_depth_{strand}"))
                    for strand in ("forward", "reverse")
                ),
            }
            reads = [number(row, f"{name}_alt_{strand}") for strand in ("forward", "reverse")]
            if not any(map(math.isnan, reads)):
                cells[name]["reads"] = " + ".join(map(words.count, reads))
        found.append(cells)
    return found


def facts(row: Row, contamination: Row | None) -> list[tuple[str, str]]:
    """The numbers behind a verdict."""

    def share(column: str) -> str:
        return words.percent(number(row, column))

    bounds = words.interval(number(row, "tumor_fraction_low"), number(row, "tumor_fraction_high"))
    cells = words.percent(number(contamination, "tumor_cells"))
    spread = words.interval(
        number(contamination, "tumor_cells_low"), number(contamination, "tumor_cells_high")
    )
    ratios = [number(contamination, f"copy_ratio_{end}") for end in ("low", "high")]
    source = words.plain(text((contamination or {}).get("source")) or "unmeasured")
    return [
        ("Tumour fraction of the mtDNA", f"{share('tumor_fraction')} ({bounds})" if bounds
         else words.NONE),
        ("Detection limit", share("detection_limit")),
        ("p value; q value", f"{words.tested(row, 'p_value')}; {words.tested(row, 'q_value')}"),
        ("Informative variants; of these supporting", "; ".join(
            words.count(number(row, f"n_{which}")) for which in ("informative", "supporting"))),
        ("Tumour cells in the preparation", f"{cells} ({spread}), from {source}" if spread
         else source),
        ("mtDNA per cell, tumour sample over this preparation", words.NONE if math.isnan(ratios[0])
         else " to ".join(words.digits(ratio, 2) for ratio in dict.fromkeys(ratios)) + " times"),
        ("Tumour cells bring", words.interval(
            number(row, "contamination_low"), number(row, "contamination_high")) or words.NONE),
        ("Cross-talk can bring at most", share("crosstalk_high")),
        ("Left after tumour cells (joint bounds)", words.interval(
            number(row, "excess_low"), number(row, "excess_high")) or words.NONE),
        ("The fraction in mtDNA of tumour cells", words.interval(
            number(row, "tumor_fraction_pure_low"), number(row, "tumor_fraction_pure_high"))
         or words.NONE),
        ("Explanations left open", "; ".join(open_explanations(row)) or words.NONE),
    ]  # fmt: skip


def parameters(config: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """A nested configuration as (dotted key, value)."""
    found: list[tuple[str, str]] = []
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found += parameters(value, f"{name}.")
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            found.append((name, shown))
    return found
