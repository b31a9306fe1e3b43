"""What else could explain tumour variants in an immune sample: a checklist with its numbers.

``excluded``: a number rules the explanation out as the whole story. ``not_excluded``: it does
not. ``not_assessed``: the necessary data are missing, or there is nothing to explain.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mitotransfer.fraction.estimate import DISAGREE_P
from mitotransfer.fraction.zero_test import SMALLEST
from mitotransfer.patient.cleanliness import (
    loci_needed,
    max_copy_ratio,
    max_tumor_cells,
    without_cells,
)
from mitotransfer.stats.intervals import upper_bound
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.verdict import detected, directed
from mitotransfer.wording import percent, plural, would_have_been_seen

EXCLUDED, NOT_EXCLUDED, NOT_ASSESSED = "excluded", "not_excluded", "not_assessed"

#: Chance below which unrelated recurrence of all supporting variants is excluded.
COINCIDENCE = 0.05
#: Fewest additional minor alleles of a foreign person's DNA.
FOREIGN_ALLELES = 5
#: Depth of the nuclear loci that are recommended.
NUCLEAR_DEPTH = 100.0

Answer = tuple[str, str]


def _contamination(x: Case) -> Answer:
    bound, low = x.findings.contamination_high, x.estimate.low
    if x.findings.contamination_source == "unmeasured" or math.isnan(bound):
        text = "Neither nuclear reads nor flow cytometry measured tumour cells"
        return NOT_ASSESSED, f"{text}{_how_clean(x)}."
    brought = f"Tumour cells bring at most {percent(bound)} of the mtDNA"
    if low > bound:
        return EXCLUDED, (
            f"{brought}, below the {percent(low)} that are tumoural at least{_up_to_ratio(x)}."
        )
    return NOT_EXCLUDED, f"{brought}; at least {percent(low)} are tumoural."


def _up_to_ratio(x: Case) -> str:
    """Words on the mtDNA copy ratio of a bound, and on the ratio up to which the finding stands."""
    found = x.findings
    others = without_cells(found.crosstalk_high, found.ambient_high)
    stands = max_copy_ratio(x.estimate.low, others, found.contamination_high, found.copy_ratio_high)
    if math.isnan(stands):
        return ""
    return (
        f", if a tumour cell has up to {found.copy_ratio_high:.3g} times the mtDNA of an immune "
        f"cell; the finding would stand up to {stands:.3g} times"
    )


def _how_clean(x: Case) -> str:
    """Words on the share of tumour cells up to which the finding stands, and how to show it."""
    found, settings = x.findings, x.settings
    if found.contamination_source != "unmeasured":
        return ""
    others = without_cells(found.crosstalk_high, found.ambient_high)
    cells = max_tumor_cells(x.estimate.low, others, found.copy_ratio_high)
    if cells == 0:
        if math.isnan(found.ambient_high):
            return "; the bound of cross-talk alone reaches the fraction"
        return "; the bounds of cross-talk and free mtDNA alone reach the fraction"
    if math.isnan(cells):
        return ""
    text = (
        f"; the finding stands if they are fewer than {percent(cells)} of the cells (at "
        f"up to {found.copy_ratio_high:.3g} times the mtDNA of an immune cell)"
    )
    loci = loci_needed(
        cells, NUCLEAR_DEPTH, settings.contamination.sequencing_error, settings.confidence
    )
    if loci is None:
        return f"{text}, less than nuclear reads with their errors can show"
    return (
        f"{text}, which {plural(loci, 'heterozygous nuclear SNV')} of the tumour would "
        f"show at depth {NUCLEAR_DEPTH:.0f} here and in the normal"
    )


def _ambient(x: Case) -> Answer:
    free, low = x.findings.ambient_high, x.estimate.low
    if not math.isnan(free):
        text = f"Free mtDNA is measured to be at most {percent(free)} of the mtDNA"
        return (EXCLUDED if low > free else NOT_EXCLUDED), f"{text}; {percent(low)} are tumoural."
    return NOT_ASSESSED, (
        "Free mtDNA of lysed tumour cells sticks to other cells and brings no nucleus: neither "
        "nuclear reads nor counted cells bound it. DNase, or the last wash sequenced too, would."
    )


def _crosstalk(x: Case) -> Answer:
    bound, low = x.findings.crosstalk_high, x.estimate.low
    if bound == 0:
        return EXCLUDED, "No tumour library of the patient was in the same batch."
    if math.isnan(bound):
        return NOT_ASSESSED, "Cross-talk is unknown."
    brought = f"Cross-talk from the tumour library brings at most {percent(bound)}"
    if x.findings.crosstalk_source != "measured":
        text = "an assumed bound: the batch holds no other patient, or is not known"
        return NOT_ASSESSED, f"{brought}, {text}."
    if low > bound:
        return EXCLUDED, f"{brought}, below the {percent(low)} that are tumoural at least."
    return NOT_EXCLUDED, f"{brought}; at least {percent(low)} are tumoural."


def _swap(x: Case) -> Answer:
    doubted = dict.fromkeys(("swapped", "foreign", "duplicate", "shared"), NOT_EXCLUDED)
    status = {"ok": EXCLUDED} | doubted
    words = x.sample.identity_reason or "The haplotype could not be compared"
    return status.get(x.sample.identity, NOT_ASSESSED), f"{words[0].upper()}{words[1:]}."


def _foreign(x: Case) -> Answer:
    who, own, extra = x.sample, x.private, x.findings.extra_alleles
    if who.foreign_patient:
        share = f"{percent(who.foreign_low)} to {percent(who.foreign_high)}"
        text = f"The haplotype of patient {who.foreign_patient} makes up {share}"
        return NOT_EXCLUDED, f"{text}, more than cross-talk brings."
    if own.person_variants:
        share = f"{percent(own.person_low)} to {percent(own.person_high)}"
        where = " of the tumour" if own.person_in_tumor else ""
        text = f"{own.person_variants} variants{where} at one level: {share} of the mtDNA"
        reason = "is of a person whom no patient of the cohort explains"
        known = ""
        if own.person:
            known = f"; that haplotype, against rCRS: {' '.join(own.person.variants)}"
        return NOT_EXCLUDED, f"{text} {reason}{known}."
    if not detected(x):
        return NOT_ASSESSED, "No haplotype of another patient of the cohort was found."
    reach = "reaches" if extra == 1 else "reach"
    seen = f"{plural(extra, 'minor allele')} beside the tumour's {reach} half the fraction"
    if extra < FOREIGN_ALLELES:
        return EXCLUDED, f"{seen}; another person's DNA would bring more."
    return NOT_EXCLUDED, f"{seen}; no patient of the cohort explains them."


def _inherited(x: Case) -> Answer:
    of = x.support
    if x.estimate.low == 0 and not x.baseline_excluded:
        return NOT_EXCLUDED, "All variants together show no more than the normal may have."
    if not of.n:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    above = int(np.sum(np.greater(of.immune_low, of.normal_high)))
    text = (
        f"{above} of {of.n} supporting variants are more frequent in the immune sample "
        f"than the normal's upper bounds (highest {percent(max(of.normal_high))}) allow"
    )
    if above == of.n == 1:
        return NOT_EXCLUDED, f"{text}, but one variant may have drifted by itself."
    if x.estimate.heterogeneity_p < DISAGREE_P:
        return NOT_EXCLUDED, f"{text}, but not by one fraction: each may have drifted by itself."
    return (EXCLUDED if above == of.n else NOT_EXCLUDED), f"{text}."


def _recurrent(x: Case) -> Answer:
    of, patients = x.support, x.cohort.n_patients
    if not patients:
        return NOT_ASSESSED, f"There are no other patients to compare with{_hot_spots(x)}."
    if not of.n:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    # Upper bounds of the chance that an unrelated sample has each variant, and all of them.
    # At a published hot spot the absence of carriers is no evidence.
    each = upper_bound(of.carriers, patients, 0.95)
    chance = float(np.prod(np.where(of.hot_spot, 1.0, each)))
    text = (
        f"{of.again} of {plural(of.n, 'supporting variant')} heteroplasmic in any of "
        f"{plural(patients, 'other patient')}: to have all of them by recurrence has "
        f"a chance of at most {percent(chance)}{_hot_spots(x)}"
    )
    if of.again == of.n:
        shared = "but others have every one of them: they may have one source, as of a kit"
        return NOT_EXCLUDED, f"{text}; {shared}."
    return (EXCLUDED if chance < COINCIDENCE else NOT_EXCLUDED), f"{text}."


def _hot_spots(x: Case) -> str:
    return f"; {sum(x.support.hot_spot)} of them at published hot spots" if x.support.n else ""


def _artefact(x: Case) -> Answer:
    of, p, samples = x.support, x.estimate.p_value, x.cohort.n_samples
    both = of.n - sum(of.one_strand)
    text = (
        f"Errors alone: p {'≤' if p <= SMALLEST else '='} {p:.2g}, from the rates of this sample"
        f" and of {samples:,} samples of other patients; {both} of {of.n}"
        " supporting variants are not confined to one strand"
    )
    known = samples > 0 and both > 0
    if of.n and of.again == of.n:
        known, text = False, f"{text}; but other patients have every one of them"
    return (EXCLUDED if known else NOT_EXCLUDED), f"{text}."


def _clonal(x: Case) -> Answer:
    p = x.estimate.heterogeneity_p
    own = "; the immune sample has no other variant of its own"
    if x.private.n:
        variants = plural(x.private.n, "variant")
        own = f"; it has {variants} of its own, up to {percent(x.private.highest)}: clones grew"
    if x.support.n < 2:
        return NOT_EXCLUDED, f"One variant can arise in an immune clone by itself{own}."
    if p < DISAGREE_P:
        return NOT_EXCLUDED, f"The variants disagree on one fraction (p = {p:.2g}){own}."
    text = f"{x.support.n} variants support one fraction (p of homogeneity {p:.2g})"
    return EXCLUDED, f"{text}{own}."


def _reverse_leak(x: Case) -> Answer:
    of, clone = x.support, x.findings.clone_high
    above = int(np.sum(np.greater(of.tumor_low, of.immune_high)))
    text = (
        f"{above} of {of.n} supporting variants are more frequent in the tumour than in "
        "the immune sample"
    )
    if x.private.n:
        share = percent(x.private.tumor_share_high)
        text += f"; by its own variants immune mtDNA is at most {share} of the tumour sample's"
    highest = max(of.tumor_low, default=0.0)
    text += (
        f"; of one the tumour has at least {percent(highest)}, of which a clone of immune cells in "
        f"it might bring {percent(clone)}"
    )
    excluded = directed(x) and highest > clone and above == of.n
    return (EXCLUDED if excluded else NOT_EXCLUDED), f"{text}."


def _low_power(x: Case) -> Answer:
    least, settings = x.findings.detection_limit, x.settings.verdict
    if not x.tested:
        return NOT_ASSESSED, "No informative variant, or the sample was not judged."
    if detected(x):
        return EXCLUDED, "Tumour mtDNA was detected."
    if math.isnan(least):
        return NOT_EXCLUDED, "Too little data to state a detection limit."
    text = f"A fraction from {percent(least)} on {would_have_been_seen(settings.power)}"
    enough = least <= settings.max_detection_limit
    return (EXCLUDED if enough else NOT_EXCLUDED), f"{text}."


def _numt(x: Case) -> Answer:
    """A nuclear copy is in every cell of a person: the normal has it, diluted by more mtDNA."""
    of, dilution = x.support, x.settings.max_copy_ratio
    if not of.n:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    beyond = int(np.sum(np.greater(of.immune_low, dilution * np.array(of.normal_high))))
    text = (
        f"A nuclear copy would be in the normal too, at most {dilution:.3g} times weaker if "
        f"that has more mtDNA; {beyond} of {plural(of.n, 'supporting variant')} exceed that"
    )
    if any(of.linked):
        text += f"; reads of {sum(of.linked)} carry further mismatches, as nuclear copies do"
    if any(of.of_copy):
        text += f"; {sum(of.of_copy)} are alleles of published nuclear copies"
    if not x.sample.same_assay:
        text += "; but another assay may pick up other copies"
    published = bool(of.of_copy) and all(of.of_copy)
    excluded = beyond == of.n and x.sample.same_assay and not published
    return (EXCLUDED if excluded else NOT_EXCLUDED), f"{text}."


def _reverse_transfer(x: Case) -> Answer:
    own = x.private
    if not own.n:
        text = "The immune sample has no variant of its own that the tumour could have taken up"
        return NOT_ASSESSED, f"{text}."
    text = (
        f"{own.in_tumor} of {plural(own.n, 'variant')} of the immune sample's own (up to "
        f"{percent(own.highest)}) seen in the tumour; immune mtDNA is at most "
        f"{percent(own.tumor_share_high)} of the tumour sample's"
    )
    return (NOT_EXCLUDED if own.in_tumor else EXCLUDED), f"{text}."


#: Explanations of a positive finding: without one there is nothing to explain.
OF_A_FINDING: dict[str, Callable[[Case], Answer]] = {
    "tumor_cell_contamination": _contamination,
    "ambient_mtdna": _ambient,
    "index_crosstalk": _crosstalk,
    "inherited_heteroplasmy": _inherited,
    "recurrent_mutation": _recurrent,
    "numt": _numt,
    "sequencing_artefact": _artefact,
    "immune_clonal_expansion": _clonal,
    "reverse_leak": _reverse_leak,
    "reverse_transfer": _reverse_transfer,
}
ALWAYS: dict[str, Callable[[Case], Answer]] = {
    "sample_swap": _swap,
    "foreign_dna": _foreign,
    "low_power": _low_power,
}
EXPLANATIONS = (
    "tumor_cell_contamination", "ambient_mtdna", "index_crosstalk", "sample_swap", "foreign_dna",
    "inherited_heteroplasmy", "recurrent_mutation", "numt", "sequencing_artefact",
    "immune_clonal_expansion", "reverse_leak", "reverse_transfer", "low_power",
)  # fmt: skip


def explain(x: Case) -> list[tuple[str, str, str]]:
    """(explanation, status, evidence) of every explanation, in the order of ``EXPLANATIONS``."""
    answers = []
    found = detected(x)
    for name in EXPLANATIONS:
        if name in ALWAYS:
            status, evidence = ALWAYS[name](x)
        elif found:
            status, evidence = OF_A_FINDING[name](x)
        else:
            asked = "No tumour mtDNA detected" if x.tested else "Not tested for tumour mtDNA"
            status, evidence = NOT_ASSESSED, f"{asked}: nothing to explain."
        answers.append((name, status, evidence))
    return answers
