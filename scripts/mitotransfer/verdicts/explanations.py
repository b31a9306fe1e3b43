"""What else could explain tumour variants in an immune sample: a checklist with its numbers.

``excluded``: a number rules the explanation out as the whole story. ``not_excluded``: it does
not. ``not_assessed``: the data that would tell are missing, or there is nothing to explain.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mitotransfer.fraction.estimate import DISAGREE_P
from mitotransfer.fraction.zero_test import SMALLEST
from mitotransfer.patient.cleanliness import max_copy_ratio, without_cells
from mitotransfer.stats.intervals import upper_bound
from mitotransfer.verdicts.circumstances import NUCLEAR_DEPTH, Circumstances
from mitotransfer.wording import percent, plural, would_have_been_seen

EXPLANATION_COLUMNS = ["patient", "sample", "explanation", "status", "evidence"]

EXCLUDED, NOT_EXCLUDED, NOT_ASSESSED = "excluded", "not_excluded", "not_assessed"

#: Chance below which unrelated recurrence of all supporting variants is excluded.
COINCIDENCE = 0.05
#: Additional minor alleles that a foreign person's DNA would at least show.
FOREIGN_ALLELES = 5
Answer = tuple[str, str]


def _contamination(x: Circumstances) -> Answer:
    bound, low = x.contamination_high, x.low
    if x.contamination_source == "unmeasured" or math.isnan(bound):
        text = "Neither nuclear reads nor flow cytometry measured tumour cells"
        return NOT_ASSESSED, f"{text}{_how_clean(x)}."
    brought = f"Tumour cells bring at most {percent(bound)} of the mtDNA"
    if low > bound:
        return EXCLUDED, (
            f"{brought}, below the {percent(low)} that are tumoural at least{_up_to_ratio(x)}."
        )
    return NOT_EXCLUDED, f"{brought}; at least {percent(low)} are tumoural."


def _up_to_ratio(x: Circumstances) -> str:
    """The mtDNA copy ratio on which a bound rests, and the one up to which the finding stands."""
    others = without_cells(x.crosstalk_high, x.ambient_high)
    stands = max_copy_ratio(x.low, others, x.contamination_high, x.max_copy_ratio)
    if math.isnan(stands):
        return ""
    return (
        f", if a tumour cell has up to {x.max_copy_ratio:.3g} times the mtDNA of an immune cell; "
        f"the finding would stand up to {stands:.3g} times"
    )


def _ambient(x: Circumstances) -> Answer:
    if not math.isnan(x.ambient_high):
        text = f"Free mtDNA is measured to be at most {percent(x.ambient_high)} of the mtDNA"
        excluded = x.low > x.ambient_high
        return (EXCLUDED if excluded else NOT_EXCLUDED), f"{text}; {percent(x.low)} are tumoural."
    return NOT_ASSESSED, (
        "Free mtDNA of lysed tumour cells sticks to other cells and brings no nucleus: neither "
        "nuclear reads nor counted cells bound it. DNase, or the last wash sequenced too, would."
    )


def _how_clean(x: Circumstances) -> str:
    """The share of tumour cells up to which the finding stands, and what would show it."""
    if x.clean_enough == 0:
        if math.isnan(x.ambient_high):
            return "; the bound of cross-talk alone reaches the fraction"
        return "; the bounds of cross-talk and free mtDNA alone reach the fraction"
    if math.isnan(x.clean_enough):
        return ""
    text = (
        f"; the finding stands if they are fewer than {percent(x.clean_enough)} of the cells (at "
        f"up to {x.max_copy_ratio:.3g} times the mtDNA of an immune cell)"
    )
    if x.nuclear_loci is None:
        return f"{text}, less than nuclear reads with their errors can show"
    return (
        f"{text}, which {plural(x.nuclear_loci, 'heterozygous nuclear SNV')} of the tumour would "
        f"show at depth {NUCLEAR_DEPTH:.0f} here and in the normal"
    )


def _crosstalk(x: Circumstances) -> Answer:
    bound = x.crosstalk_high
    if bound == 0:
        return EXCLUDED, "No tumour library of the patient was in the same batch."
    if math.isnan(bound):
        return NOT_ASSESSED, "Cross-talk is unknown."
    brought = f"Cross-talk from the tumour library brings at most {percent(bound)}"
    if x.crosstalk_source != "measured":
        text = "an assumed bound: the batch holds no other patient, or is not known"
        return NOT_ASSESSED, f"{brought}, {text}."
    if x.low > bound:
        return EXCLUDED, f"{brought}, below the {percent(x.low)} that are tumoural at least."
    return NOT_EXCLUDED, f"{brought}; at least {percent(x.low)} are tumoural."


def _swap(x: Circumstances) -> Answer:
    doubted = dict.fromkeys(("swapped", "foreign", "duplicate", "shared"), NOT_EXCLUDED)
    status = {"ok": EXCLUDED} | doubted
    words = x.identity_reason or "The haplotype could not be compared"
    return status.get(x.identity, NOT_ASSESSED), f"{words[0].upper()}{words[1:]}."


def _foreign(x: Circumstances) -> Answer:
    if x.foreign_patient:
        share = f"{percent(x.foreign_low)} to {percent(x.foreign_high)}"
        text = f"The haplotype of patient {x.foreign_patient} makes up {share}"
        return NOT_EXCLUDED, f"{text}, more than cross-talk brings."
    if x.private.person_variants:
        share = f"{percent(x.private.person_low)} to {percent(x.private.person_high)}"
        where = " of the tumour" if x.private.person_in_tumor else ""
        text = f"{x.private.person_variants} variants{where} at one level: {share} of the mtDNA"
        reason = "is of a person whom no patient of the cohort explains"
        known = f"; that haplotype, against rCRS: {' '.join(x.person.variants)}" if x.person else ""
        return NOT_EXCLUDED, f"{text} {reason}{known}."
    if not x.detected:
        return NOT_ASSESSED, "No haplotype of another patient of the cohort was found."
    reach = "reaches" if x.extra_alleles == 1 else "reach"
    minor = plural(x.extra_alleles, "minor allele")
    extra = f"{minor} beside the tumour's {reach} half the fraction"
    if x.extra_alleles < FOREIGN_ALLELES:
        return EXCLUDED, f"{extra}; another person's DNA would bring more."
    return NOT_EXCLUDED, f"{extra}; no patient of the cohort explains them."


def _inherited(x: Circumstances) -> Answer:
    if x.low == 0 and not x.baseline_excluded:
        return NOT_EXCLUDED, "All variants together show no more than the normal may have."
    if not x.supporting:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    above = int(np.sum(np.greater(x.immune_low, x.normal_high)))
    text = (
        f"{above} of {x.supporting} supporting variants are more frequent in the immune sample "
        f"than the normal's upper bounds (highest {percent(max(x.normal_high))}) allow"
    )
    if above == x.supporting == 1:
        return NOT_EXCLUDED, f"{text}, but one variant may have drifted by itself."
    if x.heterogeneity_p < DISAGREE_P:
        return NOT_EXCLUDED, f"{text}, but not by one fraction: each may have drifted by itself."
    return (EXCLUDED if above == x.supporting else NOT_EXCLUDED), f"{text}."


def _recurrent(x: Circumstances) -> Answer:
    if not x.unrelated_patients:
        return NOT_ASSESSED, f"There are no other patients to compare with{_hot_spots(x)}."
    if not x.supporting:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    # How often an unrelated sample could have each by itself, at most; independently all.
    # At a published hot spot their silence says nothing.
    each = upper_bound(x.carriers, x.unrelated_patients, 0.95)
    chance = float(np.prod(np.where(x.hot_spot, 1.0, each)))
    text = (
        f"{x.again} of {plural(x.supporting, 'supporting variant')} heteroplasmic in any of "
        f"{plural(x.unrelated_patients, 'other patient')}: to have all of them by recurrence has "
        f"a chance of at most {percent(chance)}{_hot_spots(x)}"
    )
    if x.again == x.supporting:
        shared = "but others have every one of them: they may have one source, as of a kit"
        return NOT_EXCLUDED, f"{text}; {shared}."
    return (EXCLUDED if chance < COINCIDENCE else NOT_EXCLUDED), f"{text}."


def _hot_spots(x: Circumstances) -> str:
    return f"; {sum(x.hot_spot)} of them at published hot spots" if x.supporting else ""


def _artefact(x: Circumstances) -> Answer:
    both = x.supporting - sum(x.one_strand)
    sign = "≤" if x.p_value <= SMALLEST else "="
    text = (
        f"Errors alone: p {sign} {x.p_value:.2g}, from the rates of this sample"
        f" and of {x.unrelated_samples:,} samples of other patients; {both} of {x.supporting}"
        " supporting variants are not confined to one strand"
    )
    known = x.unrelated_samples > 0 and both > 0
    if x.supporting and x.again == x.supporting:
        known, text = False, f"{text}; but other patients have every one of them"
    return (EXCLUDED if known else NOT_EXCLUDED), f"{text}."


def _clonal(x: Circumstances) -> Answer:
    own = "; the immune sample has no other variant of its own"
    if x.private.n:
        variants = plural(x.private.n, "variant")
        own = f"; it has {variants} of its own, up to {percent(x.private.highest)}: clones grew"
    if x.supporting < 2:
        return NOT_EXCLUDED, f"One variant can arise in an immune clone by itself{own}."
    if x.heterogeneity_p < DISAGREE_P:
        text = f"The variants disagree on one fraction (p = {x.heterogeneity_p:.2g})"
        return NOT_EXCLUDED, f"{text}{own}."
    text = f"{x.supporting} variants support one fraction (p of homogeneity"
    return EXCLUDED, f"{text} {x.heterogeneity_p:.2g}){own}."


def _reverse_leak(x: Circumstances) -> Answer:
    above = int(np.sum(np.greater(x.tumor_low, x.immune_high)))
    text = (
        f"{above} of {x.supporting} supporting variants are more frequent in the tumour than in "
        "the immune sample"
    )
    if x.private.n:
        share = percent(x.private.tumor_share_high)
        text += f"; by its own variants immune mtDNA is at most {share} of the tumour sample's"
    highest = max(x.tumor_low, default=0.0)
    text += (
        f"; of one the tumour has at least {percent(highest)}, of which a clone of immune cells in "
        f"it might bring {percent(x.clone_high)}"
    )
    own = x.direction_shown and highest > x.clone_high
    excluded = own and above == x.supporting
    return (EXCLUDED if excluded else NOT_EXCLUDED), f"{text}."


def _low_power(x: Circumstances) -> Answer:
    if not x.tested:
        return NOT_ASSESSED, "No informative variant, or the sample was not judged."
    if x.detected:
        return EXCLUDED, "Tumour mtDNA was detected."
    if math.isnan(x.detection_limit):
        return NOT_EXCLUDED, "Too little data to state a detection limit."
    text = f"A fraction from {percent(x.detection_limit)} on {would_have_been_seen(x.power)}"
    enough = x.detection_limit <= x.max_detection_limit
    return (EXCLUDED if enough else NOT_EXCLUDED), f"{text}."


def _numt(x: Circumstances) -> Answer:
    """A nuclear copy is in every cell of a person: the normal has it, diluted by more mtDNA."""
    if not x.supporting:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    beyond = int(np.sum(np.greater(x.immune_low, x.max_depletion * np.array(x.normal_high))))
    text = (
        f"A nuclear copy would be in the normal too, at most {x.max_depletion:.3g} times weaker if "
        f"that has more mtDNA; {beyond} of {plural(x.supporting, 'supporting variant')} exceed that"
    )
    if any(x.linked):
        text += f"; reads of {sum(x.linked)} carry further mismatches, as nuclear copies do"
    published = bool(x.of_copy) and all(x.of_copy)
    if any(x.of_copy):
        text += f"; {sum(x.of_copy)} are alleles of published nuclear copies"
    if not x.same_assay:
        text += "; but another assay may pick up other copies"
    excluded = beyond == x.supporting and x.same_assay and not published
    return (EXCLUDED if excluded else NOT_EXCLUDED), f"{text}."


def _reverse_transfer(x: Circumstances) -> Answer:
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
OF_A_FINDING: dict[str, Callable[[Circumstances], Answer]] = {
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
ALWAYS: dict[str, Callable[[Circumstances], Answer]] = {
    "sample_swap": _swap,
    "foreign_dna": _foreign,
    "low_power": _low_power,
}
EXPLANATIONS = (
    "tumor_cell_contamination", "ambient_mtdna", "index_crosstalk", "sample_swap", "foreign_dna",
    "inherited_heteroplasmy", "recurrent_mutation", "numt", "sequencing_artefact",
    "immune_clonal_expansion", "reverse_leak", "reverse_transfer", "low_power",
)  # fmt: skip


def explain(x: Circumstances) -> list[tuple[str, str, str]]:
    """(explanation, status, evidence) of every explanation, in the order of ``EXPLANATIONS``."""
    answers = []
    for name in EXPLANATIONS:
        if name in ALWAYS:
            status, evidence = ALWAYS[name](x)
        elif x.detected:
            status, evidence = OF_A_FINDING[name](x)
        else:
            asked = "No tumour mtDNA detected" if x.tested else "Not tested for tumour mtDNA"
            status, evidence = NOT_ASSESSED, f"{asked}: nothing to explain."
        answers.append((name, status, evidence))
    return answers
