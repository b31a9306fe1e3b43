"""Next steps for one immune sample, from its verdict and its numbers."""

from __future__ import annotations

from mitotransfer.flag_words import split
from mitotransfer.flags import (
    AMBIENT_UNMEASURED,
    AMPLICON_JUNCTION,
    BASELINE_NOT_EXCLUDED,
    CONTAMINATION_UNBOUNDED,
    CONTAMINATION_UNMEASURED,
    DIRECT_REPEAT_ONLY,
    DIRECTION_NOT_SHOWN,
    EXPLANATIONS_OPEN,
    IDENTITY_UNCHECKED,
    INDEL_BESIDE_RUN,
    INDEL_TOO_LONG,
    INHERITED_ONLY,
    MAYBE_IMMUNE_CLONE,
    NUCLEAR_COUNTS_REFUSED,
    RECURRENT_ONLY,
    REJECTED,
    TUMOR_ALLELES_IN_NORMAL,
    UNJUDGED,
    VARIANTS_DISAGREE,
)
from mitotransfer.inputs.settings import Settings
from mitotransfer.report.tables import Patient, Row, is_usable, number
from mitotransfer.report.words import digits, percent

#: What would make evidence of variants that these flags leave out.
_OTHER_LIBRARIES = {
    AMPLICON_JUNCTION: "The tumour has a large deletion, but amplicons do not show its share: "
    "sequence all samples from shotgun libraries, best without PCR.",
    INDEL_BESIDE_RUN: "The tumour has an indel whose length this platform misreads: sequence all "
    "samples with Illumina.",
    INDEL_TOO_LONG: "The tumour has an indel that few reads can show: longer reads would make it "
    "count.",
}


def next_steps(patient: Patient, row: Row, settings: Settings) -> list[str]:
    """Recommendations as sentences, the most useful first.

    Args:
        row: verdict record of the immune sample.
    """
    verdict = row["verdict"]
    flags = split(row.get("flags"))
    if verdict == "transfer_supported":
        free = [
            "Bound the free mtDNA of lysed cells: treat cells with DNase, or sequence the last "
            "wash too, and give the bound as ambient_mtdna_high."
        ]
        return [
            *(free if AMBIENT_UNMEASURED in flags else []),
            *_variant_steps(flags),
            "Repeat from an independent preparation and library of the same cells: chance and "
            "index swaps do not repeat, and residual tumour cells seldom at the same share.",
            "Look at single cells (scATAC or mtscATAC): after transfer, cells with the T cell's "
            "nuclear genome have tumour variants; in contamination, a few tumour cells have them.",
            "Sequence a second normal tissue, to exclude an early mosaic variant that blood "
            "happens to lack.",
        ]
    if verdict == "contamination_not_excluded":
        return _contamination_steps(patient, row)
    if verdict == "explained_by_contamination":
        return [
            "Sort the cells again, more strictly, and measure the remaining tumour cells; "
            "only mtDNA beyond theirs can count.",
            *_copies_step(patient, row),
        ]
    if verdict == "not_detected":
        limit = percent(number(row, "detection_limit"))
        return [
            f"Fractions below {limit} remain possible. If they matter, sequence the immune sample "
            "deeper, or with molecular barcodes that lower the background."
        ]
    if verdict == "underpowered":
        return _power_steps(patient, row, settings.verdict.max_detection_limit)
    if verdict == "uninformative":
        return _material_steps(patient, row)
    if verdict == "failed_qc":
        return _quality_steps(patient, row)
    return []


def _variant_steps(flags: list[str]) -> list[str]:
    steps = []
    if RECURRENT_ONLY in flags:
        steps.append("The variants recur in unrelated people: one at another position is needed.")
    if DIRECT_REPEAT_ONLY in flags:
        steps.append(
            "Everything rests on deletions at direct repeats, which PCR makes, too: repeat the "
            "libraries without PCR, those of the unrelated samples that show them, too, or read "
            "undivided molecules."
        )
    if MAYBE_IMMUNE_CLONE in flags:
        steps.append(
            "Every variant may come from an immune clone in the tumour: sequence sorted tumour "
            "cells or a tumour-derived line."
        )
    if INHERITED_ONLY in flags:
        steps.append(
            "The normal has some of the only supporting variant: another one is needed, for "
            "example from a second tumour sample."
        )
    return steps


def _contamination_steps(patient: Patient, row: Row) -> list[str]:
    flags = split(row.get("flags"))
    steps = []
    if IDENTITY_UNCHECKED in flags:
        steps.append(
            "The samples' identity could not be checked: sequence the normal deep enough, or add "
            "samples that share the patient's haplotype."
        )
    if BASELINE_NOT_EXCLUDED in flags:
        steps.append(
            "The normal is too shallow to exclude that it has as much: sequence it at least as "
            "deep as the immune sample, or a second normal tissue too."
        )
    if {DIRECTION_NOT_SHOWN, VARIANTS_DISAGREE} & set(flags):
        steps.append(
            "The variants may be those of immune clones: sequence sorted tumour cells or a "
            "tumour-derived line, to see where they come from."
        )
        flags = [flag for flag in flags if flag != MAYBE_IMMUNE_CLONE]
    steps += _variant_steps(flags)
    low, crosstalk = number(row, "tumor_fraction_low"), number(row, "crosstalk_high")
    if 0 < low <= crosstalk:
        steps.append(
            "The bound of index cross-talk alone reaches the fraction: sequence again with unique "
            "dual indexes, or the immune sample in another run than the tumour."
        )
    if EXPLANATIONS_OPEN in flags:
        steps.append("See below which other explanations are left open, and why.")
    if CONTAMINATION_UNMEASURED in flags:
        steps.append(
            "Tumour cells in this preparation were not measured: sequence the tumour's somatic "
            "nuclear SNVs in it, in the tumour and in the normal (nuclear_counts), or give flow "
            "cytometry with its upper bound and the tumour's purity."
        )
    elif CONTAMINATION_UNBOUNDED in flags:
        steps.append(
            "State the tumour sample's purity, or count the nuclear SNVs in the tumour sample too; "
            "for nuclear amplicons state input_cells."
        )
    elif not steps:
        steps.append(
            "More nuclear loci, or more reads at them, tighten what tumour cells can bring."
        )
    return [*steps, *_copies_step(patient, row)]


def _copies_step(patient: Patient, row: Row) -> list[str]:
    """Advice to measure mtDNA copies where they were not."""
    found = patient.contamination.get(row["sample"])
    if number(found, "copy_ratio_sd") > 0:
        return []
    return [
        "Measure mtDNA copies per cell in the tumour sample and in this preparation "
        "(mtdna_copies): where they are unknown, the whole range contamination.copy_ratio counts."
    ]


def _power_steps(patient: Patient, row: Row, max_detection_limit: float) -> list[str]:
    limit, informative = number(row, "detection_limit"), number(row, "n_informative")
    variants = [v for v in patient.variants.get(row["sample"], []) if is_usable(v)]
    if variants and all(number(v, "recurrence") > 0 for v in variants):
        return [
            *_variant_steps([f for f in split(row.get("flags")) if f == DIRECT_REPEAT_ONLY]),
            "Every informative variant is recurrent, which limits power at any depth: a second "
            "tumour region may add others.",
        ]
    steps = []
    if limit > max_detection_limit:
        factor = limit / max_detection_limit
        # Between Poisson (signal-limited) and square-root (background-limited) growth of power.
        steps.append(
            f"The detection limit is {percent(limit)} and has to fall to "
            f"{percent(max_detection_limit)}: that takes about {digits(factor, 2)} times the depth "
            f"if few reads limit it, up to {digits(factor**2, 2)} times if the background does."
        )
    if informative == 1:
        steps.append(
            "A single variant carries the test: a second tumour region may add informative ones."
        )
    return steps or ["Sequence the immune sample deeper."]


def _material_steps(patient: Patient, row: Row) -> list[str]:
    roles, steps = patient.roles(), []
    if TUMOR_ALLELES_IN_NORMAL in split(row.get("flags")):
        steps.append(
            "The normal has tumour alleles at a far lower VAF: tumour cells in it, as in adjacent "
            "tissue, would hide transfer. Sequence another normal, such as blood."
        )
    if "tumor" not in roles:
        steps.append("Sequence the mtDNA of the tumour: without it there is nothing to look for.")
    if "normal" not in roles:
        steps.append(
            "Sequence a normal sample (blood, or recipient cells grown alone in co-culture): "
            "without it inherited variants look like the tumour's."
        )
    if steps:
        return steps
    variants = patient.variants.get(row["sample"], [])
    seen = {flag for one in variants for flag in split(one.get("flags"))}
    return [
        *(step for flag, step in _OTHER_LIBRARIES.items() if flag in seen),
        "The tumour has no usable variant of its own. Other tumour regions or a tumour-derived "
        "line may have one; deeper sequencing of the normal may make a doubtful one usable.",
    ]


def _quality_steps(patient: Patient, row: Row) -> list[str]:
    flags = split(row.get("flags"))
    statuses = {status for (_, status), flag in UNJUDGED.items() if flag in flags}
    steps = []
    if statuses & REJECTED.keys():
        reasons = [
            f"{name}: {entry['reason']}"
            for name, entry in patient.identity.items()
            if entry["status"] not in ("ok", "single") and entry.get("reason")
        ]
        note = f" ({'; '.join(reasons)})" if reasons else ""
        steps.append(f"Check sample labels, the sheet and the sorting sheet for swaps{note}.")
    if "shallow" in statuses:
        filtered = [
            f"{name}: {entry['reason']}"
            for name, entry in patient.identity.items()
            if entry["status"] == "shallow" and "counting." in str(entry.get("reason"))
        ]
        steps.append(
            f"A filter leaves out most of the shallow sample ({'; '.join(filtered)}): trim "
            "adapters, or change that key; deeper sequencing does not help."
            if filtered
            else "Sequence the shallow sample again, or merge further lanes of it."
        )
    if "failed" in statuses or NUCLEAR_COUNTS_REFUSED in flags:
        steps.append("Put the files right that cannot be used, and run the same command again.")
    return steps or ["Look at the quality of this patient's samples below."]
