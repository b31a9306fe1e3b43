"""The verdict on one immune sample: a pure function of the measurements.

Rules come in the order of doubt. A sample of doubtful identity or depth is not judged. Without
enough power nothing is called negative. A finding is called transfer only if nothing else that was
measured explains it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mitotransfer.flag_words import Flag
from mitotransfer.flags import (
    AMBIENT_UNMEASURED,
    BASELINE_NOT_EXCLUDED,
    CONTAMINATION_BY_FLOW,
    CONTAMINATION_UNBOUNDED,
    CONTAMINATION_UNMEASURED,
    DIRECTION_NOT_SHOWN,
    EXPLANATIONS_OPEN,
    IDENTITY_UNCHECKED,
    NO_INFORMATIVE_VARIANT,
    NO_NORMAL,
    NO_TUMOR,
    NUCLEAR_COUNTS_REFUSED,
    OF_RNA,
    READS_IN_COMMON,
    UNJUDGED,
    VARIANTS_DISAGREE,
)
from mitotransfer.fraction.estimate import DISAGREE_P
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.sources import Sources
from mitotransfer.verdicts.turning import direction
from mitotransfer.wording import percent, would_have_been_seen

VERDICTS = (
    "transfer_supported",
    "contamination_not_excluded",
    "explained_by_contamination",
    "not_detected",
    "underpowered",
    "uninformative",
    "failed_qc",
)


@dataclass(frozen=True)
class Verdict:
    """The verdict on a sample: its reason in a sentence, its flags."""

    verdict: str
    evidence: str
    flags: tuple[str, ...]


def beyond(found: Sources, crosstalk: float) -> bool:
    """Whether more came than tumour cells, cross-talk and free mtDNA bring.

    Of the fraction, if contaminating cells are like those of the tumour sample; and at its
    strongest variant, even if they have that variant on every mtDNA.
    """
    return found.excess_low > crosstalk and found.strongest_low > found.strongest_needed


def explained(x: Case) -> bool:
    """Whether tumour cells alone suffice, even at the lowest that they can bring."""
    return x.estimate.low > 0 and x.findings.sources.contamination_low >= x.estimate.low


def directed(x: Case) -> bool:
    """Whether the variants were shown to be the tumour's, not those of immune cells in it.

    The strongest variant has to be more frequent than immune cells in the tumour sample can make
    it, and the immune samples must not have more of the variants than the tumour. Variants of two
    people are known to be the donor's.
    """
    less = x.estimate.high < 1 and not x.support.more_in_immune
    shown_so = less and x.findings.sources.direction_shown
    return shown_so or x.sample.design == "allogeneic"


def identified(x: Case) -> bool:
    """Whether all samples were shown to be of one person."""
    who = x.sample
    # A donor tumour has nothing of its own person to be compared with.
    tumor_checked = who.tumor_identity == "ok" or (
        who.design == "allogeneic" and who.tumor_identity == "single"
    )
    return who.identity == "ok" and who.normal_identity == "ok" and tumor_checked


def shares_reads(x: Case) -> bool:
    """Whether samples of the patient hold some of each other's reads, as mixtures of them do."""
    return "shared" in (x.sample.identity, x.sample.tumor_identity, x.sample.normal_identity)


def screen(x: Case, max_tumor_fraction: float) -> tuple[str, str]:
    """Whether a product is below a limit of tumour mtDNA: pass, fail or inconclusive, and why.

    A sample passes only if its upper bound is below the limit and the samples are of one person;
    it fails if its lower bound is above. What cannot be judged (``failed_qc``,
    ``uninformative``) is inconclusive: nothing was shown.
    """
    limit = percent(max_tumor_fraction)
    low, high = x.estimate.low, x.estimate.high
    if untested := untestable(x):
        return "inconclusive", untested.evidence
    if math.isnan(low) or math.isnan(high):
        return "inconclusive", "The tumour fraction could not be estimated."
    if low > max_tumor_fraction:
        return "fail", f"At least {percent(low)} of the mtDNA is tumoural, above {limit}."
    if not high < max_tumor_fraction:
        return "inconclusive", f"Up to {percent(high)} may be tumoural, not below {limit}."
    if not identified(x):
        return "inconclusive", "The samples' identity could not be checked."
    return "pass", f"At most {percent(high)} of the mtDNA is tumoural, below {limit}."


def judge(x: Case, required: Sequence[str] = ()) -> Verdict:
    """The verdict, its reason in one sentence, and flags.

    ``transfer_supported`` needs every condition at once; each missing or NaN value makes the
    verdict weaker, never stronger.

    Args:
        required: explanations that have to be excluded and are not (``verdicts.explanations``).
    """
    return untestable(x) or (_found(x, required) if detected(x) else _not_found(x))


def detected(x: Case) -> bool:
    """Whether tumour alleles were found beyond errors, by any route."""
    return untestable(x) is None and x.findings.q_value < x.settings.verdict.max_q_value


def untestable(x: Case) -> Verdict | None:
    """The verdict on a sample that cannot be tested; None of one that can."""
    if flags := unjudged(x):
        words = ", ".join(flag.samples for flag in flags)
        why = f" ({x.sample.failures})" if x.sample.failures else ""
        return Verdict("failed_qc", f"Not judged: {words}{why}.", flags)
    missing = {NO_TUMOR: x.sample.tumor_identity, NO_NORMAL: x.sample.normal_identity}
    if lacking := tuple(flag for flag, status in missing.items() if not status):
        roles = " and no ".join({NO_TUMOR: "tumour", NO_NORMAL: "normal"}[f] for f in lacking)
        return Verdict("uninformative", f"The patient has no {roles} sample.", lacking)
    if x.findings.n_informative < 1:
        reason = "The tumour has no usable variant that the normal lacks."
        return Verdict("uninformative", reason, (NO_INFORMATIVE_VARIANT,))
    return None


def unjudged(x: Case) -> tuple[Flag, ...]:
    """Flags for which the sample is not judged."""
    who = x.sample
    shallow = who.identity == "shallow" or (not who.deep_enough and who.identity != "failed")
    of_immune = [] if who.identity == "shallow" else [("immune", who.identity)]
    statuses = [*of_immune, ("tumor", who.tumor_identity), ("normal", who.normal_identity)]
    found = [UNJUDGED[status] for status in statuses if status in UNJUDGED]
    found += [UNJUDGED["immune", "shallow"]] if shallow else []
    return (*found, *([NUCLEAR_COUNTS_REFUSED] if who.nuclear_refused else []))


def _not_found(x: Case) -> Verdict:
    """The verdict on a sample without tumour mtDNA beyond errors."""
    least = x.findings.detection_limit
    if math.isnan(least):
        reason = "No tumour mtDNA detected, with too little data to state a detection limit."
        return Verdict("underpowered", reason, ())
    power = would_have_been_seen(x.settings.verdict.power)
    if least >= 1:
        reason = f"No tumour mtDNA detected, but no fraction {power}."
        return Verdict("underpowered", reason, ())
    limit = f"{percent(least)} on {power}"
    if least <= x.settings.verdict.max_detection_limit:
        reason = f"No tumour mtDNA detected; a fraction from {limit}."
        return Verdict("not_detected", reason, ())
    reason = f"No tumour mtDNA detected, but only a fraction from {limit}."
    return Verdict("underpowered", reason, ())


def _found(x: Case, required: Sequence[str]) -> Verdict:
    """The verdict on a sample with the tumour's alleles beyond errors."""
    found, sources = x.estimate, x.findings.sources
    by_flow = sources.source == "tumor_cell_fraction"
    flags: tuple[Flag, ...] = (CONTAMINATION_BY_FLOW,) if by_flow else ()
    share = f"{percent(found.fraction)} ({percent(found.low)} to {percent(found.high)})"
    if not found.low > 0:
        # More than errors explain, but perhaps none of it is the tumour's.
        if x.baseline_excluded:
            flag = VARIANTS_DISAGREE
            doubt = "the variants disagree on one fraction: clones may have some of their own"
        else:
            flag = BASELINE_NOT_EXCLUDED
            doubt = "the normal's reads do not exclude that it has as many"
        reason = (
            f"The tumour's alleles are there beyond errors, as {share} of tumour mtDNA would bring "
            f"them, but {doubt}."
        )
        return Verdict("contamination_not_excluded", reason, (*flags, flag))
    seen = f"{share} of the mtDNA is tumoural"
    if found.heterogeneity_p < DISAGREE_P:
        seen = f"{seen}, by variants that disagree on it"
    if sources.source == "unmeasured":
        reason = f"{seen}; tumour-cell contamination was not measured{_turning(x, required)}."
        return Verdict("contamination_not_excluded", reason, (*flags, CONTAMINATION_UNMEASURED))
    cells = (
        f"tumour cells bring {percent(sources.contamination_low)} to "
        f"{percent(sources.contamination_high)}"
    )
    if explained(x):
        reason = (
            f"{seen}; {cells}: enough even at the least; at most {percent(sources.excess_high)} "
            "is left beside them."
        )
        return Verdict("explained_by_contamination", reason, flags)
    if not sources.bounded:
        deep = "tumour cells were measured, but not so that they bound what these bring"
        flags = (*flags, CONTAMINATION_UNBOUNDED)
        reason = f"{seen}; {deep}{_turning(x, required)}."
        return Verdict("contamination_not_excluded", reason, flags)
    if not beyond(sources, x.findings.crosstalk_high):
        reason = f"{seen}; {cells}, {not_beyond(x)}{_turning(x, required)}."
        return Verdict("contamination_not_excluded", reason, flags)
    if doubts := _doubts(x, required):
        reason = f"{seen}; {cells}, but {'; '.join(doubts.values())}."
        return Verdict("contamination_not_excluded", reason, (*flags, *doubts))
    reason = f"{seen}; {cells}, which leaves at least {percent(sources.excess_low)}"
    if not math.isnan(x.findings.ambient_high):
        return Verdict("transfer_supported", f"{reason}.", flags)
    reason = f"{reason}; free mtDNA of lysed cells was not measured."
    return Verdict("transfer_supported", reason, (*flags, AMBIENT_UNMEASURED))


def not_beyond(x: Case) -> str:
    """Which of the two conditions fails, with its numbers."""
    sources, crosstalk = x.findings.sources, x.findings.crosstalk_high
    if math.isnan(crosstalk):
        return "and index cross-talk is not bounded"
    if not sources.excess_low > crosstalk:
        left = f"which leaves {percent(sources.excess_low)} at least"
        return f"{left}; index cross-talk brings up to {percent(crosstalk)}"
    return (
        f"and if these have the strongest variant on all of their mtDNA, "
        f"{percent(sources.strongest_low)} of it is left at least; cross-talk and free mtDNA bring "
        f"up to {percent(sources.strongest_needed)}"
    )


def _turning(x: Case, required: Sequence[str]) -> str:
    """Words on what would turn the verdict; empty where the model knows nothing that would."""
    if x.sample.rna:
        return "; reads of RNA never suffice: it takes DNA of these cells"
    if not x.findings.turning:
        return ""
    text = f"; it would be supported {'; or '.join(x.findings.turning)}"
    doubts = _doubts(x, required)
    return f"{text}, but for this: {'; '.join(doubts.values())}" if doubts else text


def _doubts(x: Case, required: Sequence[str]) -> dict[Flag, str]:
    """Flags, with reasons, for which an excess over all other sources is not called transfer."""
    doubts = {}
    if x.sample.rna:
        doubts[OF_RNA] = "the share of RNA need not be that of the mtDNA"
    if not directed(x):
        sources = x.findings.sources
        reason = "an immune sample has as much of these variants as the tumour"
        if not sources.direction_shown:
            reason = direction(sources)
        doubts[DIRECTION_NOT_SHOWN] = (
            f"the variants may be of immune cells that lie in the tumour: {reason}"
        )
    if shares_reads(x):
        doubts[READS_IN_COMMON] = "samples of the patient have reads in common"
    elif not identified(x):
        doubts[IDENTITY_UNCHECKED] = "the samples' identity could not be checked"
    if required:
        names = ", ".join(name.replace("_", " ") for name in required)
        doubts[EXPLANATIONS_OPEN] = f"other explanations are not excluded ({names})"
    return doubts


#: Verdicts with tumour alleles detected, by any route.
DETECTED = ("transfer_supported", "contamination_not_excluded", "explained_by_contamination")


def shown(transfer: pd.DataFrame) -> pd.Series:
    """Mask of samples with more tumour mtDNA than their normals may hide, by any route."""
    low = pd.to_numeric(transfer["tumor_fraction_low"], errors="coerce")
    return transfer["verdict"].isin(DETECTED) & (low > 0)
