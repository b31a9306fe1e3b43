"""What else could explain tumour variants in an immune sample: a checklist with its numbers.

``excluded``: a number rules the explanation out as the whole story. ``not_excluded``: it does
not. ``not_assessed``: the necessary data are missing, or there is nothing to explain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mitotransfer.fraction.estimate import DISAGREE_P
from mitotransfer.fraction.zero_test import SMALLEST
from mitotransfer.patient.rare_person import POWER as PERSON_POWER
from mitotransfer.stats.drift import drifted
from mitotransfer.stats.intervals import upper_bound
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.verdict import beyond, detected, directed, not_beyond
from mitotransfer.wording import percent, plural, would_have_been_seen

EXCLUDED, NOT_EXCLUDED, NOT_ASSESSED = "excluded", "not_excluded", "not_assessed"

#: Chance below which unrelated recurrence of all supporting variants is excluded.
COINCIDENCE = 0.05
#: Chance below which drift from what the normal may have is excluded: one-sided 1 %, as the bounds
#: of the excess have, which allow for drift, too.
INHERITED_P = 0.01
#: Chance that an immune clone has a given allele by a mutation of its own, where nobody else has it
# and its position is no hot spot: at most fifty of the 50,000 possible ones.
PRIVATE_RATE = 1e-3
#: Most of a tumour's reads that a nuclear copy makes: two copies beside 18 mtDNAs.
COPY_VAF = 0.1
#: Fewest additional minor alleles of a foreign person's DNA.
FOREIGN_ALLELES = 5

Answer = tuple[str, str]


def _contamination(x: Case) -> Answer:
    found = x.findings.sources
    turning = ""
    if x.findings.turning:
        turning = f"; it would be excluded {'; or '.join(x.findings.turning)}"
    if found.source == "unmeasured":
        text = "Neither nuclear reads nor flow cytometry measured tumour cells"
        return NOT_ASSESSED, f"{text}{turning}."
    brought = (
        f"Tumour cells bring {percent(found.contamination_low)} to "
        f"{percent(found.contamination_high)} of the mtDNA"
    )
    # Free mtDNA has a row of its own.
    free = 0.0 if math.isnan(x.findings.ambient_high) else x.findings.ambient_high
    of_cells = replace(found, strongest_needed=found.strongest_needed - free)
    if found.bounded and beyond(of_cells, x.findings.crosstalk_high):
        left = f"{percent(found.excess_low)} to {percent(found.excess_high)}"
        return EXCLUDED, f"{brought}, which leaves {left} of it."
    if found.bounded and not math.isnan(found.excess_low):
        return NOT_EXCLUDED, f"{brought}, {not_beyond(x)}{turning}."
    least = f"{percent(x.estimate.low)} are tumoural at least"
    return NOT_EXCLUDED, f"{brought}; {least}{turning}."


def _ambient(x: Case) -> Answer:
    free, low = x.findings.ambient_high, x.estimate.low
    if not math.isnan(free):
        text = f"Free mtDNA is measured to be at most {percent(free)} of the mtDNA"
        found = x.findings.sources
        more = low > free and not found.strongest_low <= found.strongest_needed
        return (EXCLUDED if more else NOT_EXCLUDED), f"{text}; {percent(low)} are tumoural."
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
        if one_haplotype(x):
            text = "an assumed bound: mtDNA of one strain cannot tell"
        return NOT_ASSESSED, f"{brought}, {text}."
    if low > bound:
        return EXCLUDED, f"{brought}, below the {percent(low)} that are tumoural at least."
    return NOT_EXCLUDED, f"{brought}; at least {percent(low)} are tumoural."


def _swap(x: Case) -> Answer:
    doubted = dict.fromkeys(("swapped", "foreign", "duplicate", "shared"), NOT_EXCLUDED)
    status = {"ok": EXCLUDED} | doubted
    words = x.sample.identity_reason or "The haplotype could not be compared"
    if one_haplotype(x):
        status = doubted
    return status.get(x.sample.identity, NOT_ASSESSED), f"{words[0].upper()}{words[1:]}."


def one_haplotype(x: Case) -> bool:
    """Whether most other patients have this one's haplotype, as animals of a strain do."""
    return 0 < x.cohort.n_patients < 2 * x.sample.same_haplotype


def off_level(x: Case, low: float, high: float) -> bool:
    """Whether no supporting variant can be fixed in a person who makes up this share.

    Such a person brings an own allele at the level of the share. A heteroplasmy of that person's at
    the same position is a coincidence, which recurrence judges.
    """
    of = x.support
    apart = np.less(of.immune_high, low) | np.greater(of.immune_low, high)
    return of.n > 0 and bool(apart.all())


def _foreign(x: Case) -> Answer:
    who, own, extra = x.sample, x.private, x.findings.extra_alleles
    found = detected(x)
    if who.identity == "swapped":
        return NOT_EXCLUDED, "All of the sample is another patient's of the cohort."
    if "swapped" in (who.tumor_identity, who.normal_identity):
        return NOT_ASSESSED, "A sample to compare with is another patient's."
    if found and x.support.without_own:
        text = "The tumour's own variants are missing: other cells of its person may bring the rest"
        return NOT_EXCLUDED, f"{text}."
    if who.foreign_patient:
        share = f"{percent(who.foreign_low)} to {percent(who.foreign_high)}"
        text = f"The haplotype of patient {who.foreign_patient} makes up {share}"
        if found and off_level(x, who.foreign_low, who.foreign_high):
            return EXCLUDED, f"{text}; no supporting variant is at that level."
        return NOT_EXCLUDED, f"{text}, more than cross-talk brings."
    if own.person_variants:
        share = f"{percent(own.person_low)} to {percent(own.person_high)}"
        where = " of the tumour" if own.person_in_tumor else ""
        text = f"{own.person_variants} variants{where} at one level: {share} of the mtDNA"
        reason = "is of a person whom no patient of the cohort explains"
        known = " ".join(own.person.variants) if own.person else ""
        names = f"; that haplotype, against rCRS: {known}" if known else ""
        if found and not own.person_in_tumor and off_level(x, own.person_low, own.person_high):
            return EXCLUDED, f"{text} {reason}; no supporting variant is at that level{names}."
        return NOT_EXCLUDED, f"{text} {reason}{names}."
    limit = f"; DNA of any other person from {percent(own.person_limit)} on "
    limit = "" if math.isnan(own.person_limit) else limit + would_have_been_seen(PERSON_POWER)
    if not found:
        return NOT_ASSESSED, f"No haplotype of another person was found{limit}."
    reach = "reaches" if extra == 1 else "reach"
    seen = f"{plural(extra, 'minor allele')} beside the tumour's {reach} half the fraction"
    if extra < FOREIGN_ALLELES:
        return EXCLUDED, f"{seen}; another person's DNA would bring more{limit}."
    return NOT_EXCLUDED, f"{seen}; no patient of the cohort explains them."


def _inherited(x: Case) -> Answer:
    of = x.support
    if x.estimate.low == 0 and not x.baseline_excluded:
        return NOT_EXCLUDED, "All variants together show no more than the normal may have."
    if not of.n:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    drift = x.settings.contamination.drift
    chances = drifted(of.normal_high, of.immune_low, drift)
    chance = float(np.prod(chances))
    above = int((chances < INHERITED_P).sum())
    text = (
        f"{above} of {plural(of.n, 'supporting variant')} cannot have drifted from the normal's "
        f"upper bounds (highest {percent(max(of.normal_high))}) to this VAF; the chance for all "
        f"is {chance:.2g}"
    )
    if chance < INHERITED_P:
        return EXCLUDED, f"{text}."
    return NOT_EXCLUDED, f"{text}: a sorted T-cell baseline from blood would tell."


def coincidence(x: Case) -> float:
    """Chance that an immune clone has all supporting variants by mutations of its own.

    At published hot spots it is certain. Of alleles that others have, and of deletions at direct
    repeats, the number of carriers or their absence bounds it; elsewhere a clone has few of the
    50,000 possible alleles.
    """
    of, patients = x.support, x.cohort.n_patients
    each = upper_bound(of.carriers, max(patients, 1), x.settings.confidence)
    alone = (np.asarray(of.carriers) == 0) & ~np.asarray(of.hot_spot, bool)
    if len(of.direct_repeat):
        alone &= ~np.asarray(of.direct_repeat, bool)
    each = np.where(alone, np.minimum(each, PRIVATE_RATE), each)
    return float(np.prod(np.where(of.hot_spot, 1.0, each)))


def _recurrent(x: Case) -> Answer:
    of, patients = x.support, x.cohort.n_patients
    if not patients:
        return NOT_ASSESSED, f"There are no other patients to compare with{_hot_spots(x)}."
    if not of.n:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    chance = coincidence(x)
    text = (
        f"{of.again} of {plural(of.n, 'supporting variant')} heteroplasmic in any of "
        f"{plural(patients, 'other patient')}: to have all of them by recurrence has "
        f"a chance of at most {chance:.2g}{_hot_spots(x)}"
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
    if not samples and both:
        return NOT_ASSESSED, f"{text}: no other patient shows the errors of these sites."
    known = samples > 0 and both > 0
    if any(of.direct_repeat):
        repeats = plural(sum(of.direct_repeat), "deletion")
        text = f"{text}; {repeats} at direct repeats, as template switching in PCR makes them"
    if of.n and of.again == of.n:
        known, text = False, f"{text}; but other patients have every one of them"
    return (EXCLUDED if known else NOT_EXCLUDED), f"{text}."


def _clonal(x: Case) -> Answer:
    p = x.estimate.heterogeneity_p
    own = "; the immune sample has no other variant of its own"
    if x.private.n:
        variants = plural(x.private.n, "variant")
        own = f"; it has {variants} of its own, up to {percent(x.private.highest)}: clones grew"
    if not x.support.n:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    chance = coincidence(x)
    text = (
        f"A clone of immune cells has the {plural(x.support.n, 'supporting variant')} of the tumour"
        f" by mutations of its own with a chance of {chance:.2g} at most{_hot_spots(x)}"
    )
    if p < DISAGREE_P:
        text += f"; the variants disagree on one fraction (p = {p:.2g})"
    return (EXCLUDED if chance < COINCIDENCE else NOT_EXCLUDED), f"{text}{own}."


def _reverse_leak(x: Case) -> Answer:
    of, found = x.support, x.findings.sources
    above = int(np.sum(np.greater(of.tumor_low, of.immune_high)))
    text = (
        f"{above} of {of.n} supporting variants are more frequent in the tumour than in "
        "the immune sample"
    )
    if not x.estimate.high < 1:
        text += ", which may hold nothing but the tumour's mtDNA"
    if x.private.n:
        share = percent(x.private.tumor_share_high)
        text += f"; by its own variants immune mtDNA is at most {share} of the tumour sample's"
    if x.sample.design == "allogeneic":
        return EXCLUDED, f"{text}; they are of another person."
    if not math.isnan(found.tumor_vaf_low):
        text += (
            f"; of the strongest the tumour has at least {percent(found.tumor_vaf_low)}, of which "
            f"immune cells in it may bring {percent(found.immune_in_tumor_high)}"
        )
    return (EXCLUDED if directed(x) else NOT_EXCLUDED), f"{text}."


def _low_power(x: Case) -> Answer:
    least, settings = x.findings.detection_limit, x.settings.verdict
    if not x.tested:
        return NOT_ASSESSED, "No informative variant, or the sample was not judged."
    if detected(x):
        return EXCLUDED, "Tumour mtDNA was detected."
    if math.isnan(least):
        return NOT_EXCLUDED, "Too little data to state a detection limit."
    power = would_have_been_seen(settings.power)
    text = f"A fraction from {percent(least)} on {power}" if least < 1 else f"No fraction {power}"
    enough = least <= settings.max_detection_limit
    return (EXCLUDED if enough else NOT_EXCLUDED), f"{text}."


def _numt(x: Case) -> Answer:
    """A nuclear copy is in every cell of a person: tumour and normal have it, diluted by mtDNA."""
    of, dilution = x.support, x.settings.max_copy_ratio
    if not of.n:
        return NOT_EXCLUDED, "No variant by itself shows more than the normal allows."
    published = np.asarray(of.of_copy or [False] * of.n, bool)
    in_tumor = np.greater(of.tumor_low, COPY_VAF)
    in_normal = np.greater(of.immune_low, dilution * np.array(of.normal_high))
    in_normal &= x.sample.same_assay
    beyond_copies = (in_tumor | in_normal) & ~published
    text = (
        f"A nuclear copy makes up to {percent(COPY_VAF)} of the tumour's reads, and the normal has "
        f"it too, at most {dilution:.3g} times weaker; {int(beyond_copies.sum())} of "
        f"{plural(of.n, 'supporting variant')} exceed that"
    )
    if any(of.linked):
        text += f"; reads of {sum(of.linked)} carry further mismatches, as nuclear copies do"
    if published.any():
        text += f"; {int(published.sum())} are alleles of published nuclear copies"
    if not x.sample.same_assay:
        text += "; another assay of the normal may pick up other copies"
    return (EXCLUDED if beyond_copies.any() else NOT_EXCLUDED), f"{text}."


def _carryover(x: Case) -> Answer:
    """DNA of the tumour's library in the immune sample's, before the index."""
    if x.sample.foreign_patient or x.private.person_variants:
        text = "Another person's DNA is in this sample, so libraries may have mixed"
        return NOT_EXCLUDED, f"{text}; an independent library would tell."
    if x.findings.crosstalk_high == 0:
        return EXCLUDED, "Tumour and immune sample were not prepared or pooled together."
    text = "Nothing shows DNA of the tumour that mixed with this sample before it had an index"
    return NOT_ASSESSED, f"{text}; an independent library of the same cells would tell."


def _reverse_transfer(x: Case) -> Answer:
    """The tumour's variants are the immune cells', whose mtDNA it took up.

    Its immune mtDNA would then be at least as much as the VAF of its strongest variant.
    """
    own, least = x.private, x.findings.sources.tumor_vaf_low
    if not own.n:
        text = "The immune sample has no variant of its own that the tumour could have taken up"
        return NOT_ASSESSED, f"{text}."
    text = (
        f"{own.in_tumor} of {plural(own.n, 'variant')} of the immune sample's own (up to "
        f"{percent(own.highest)}) seen in the tumour; immune mtDNA is at most "
        f"{percent(own.tumor_share_high)} of the tumour sample's"
    )
    if not math.isnan(least):
        text += f", which has at least {percent(least)} of the strongest variant"
    less = not own.in_tumor and own.tumor_share_high < least
    return (EXCLUDED if less else NOT_EXCLUDED), f"{text}."


#: Explanations of a positive finding: without one there is nothing to explain.
OF_A_FINDING: dict[str, Callable[[Case], Answer]] = {
    "tumor_cell_contamination": _contamination,
    "ambient_mtdna": _ambient,
    "index_crosstalk": _crosstalk,
    "library_carryover": _carryover,
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
    "tumor_cell_contamination", "ambient_mtdna", "index_crosstalk", "library_carryover",
    "sample_swap", "foreign_dna", "inherited_heteroplasmy", "recurrent_mutation", "numt",
    "sequencing_artefact", "immune_clonal_expansion", "reverse_leak", "reverse_transfer",
    "low_power",
)  # fmt: skip

#: Explanations that the data can exclude and that have no rule of their own in the verdict, as
# tumour cells, cross-talk, identity and direction have: ``transfer_supported`` needs them excluded.
REQUIRED = (
    "foreign_dna", "inherited_heteroplasmy", "recurrent_mutation", "numt", "sequencing_artefact",
    "immune_clonal_expansion",
)  # fmt: skip


def required_open(answers: Sequence[tuple[str, str, str]]) -> list[str]:
    """Required explanations of ``explain`` that are not excluded.

    Recurrence cannot be assessed without other patients; it then does not count.
    """
    return [name for name, status, _ in answers if name in REQUIRED and status == NOT_EXCLUDED]


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
