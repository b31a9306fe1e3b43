"""The verdict on one immune sample: a pure function of the measurements.

Rules come in the order of doubt. A sample of doubtful identity or depth is not judged. Without
enough power nothing is called negative. A finding is called transfer only if nothing else that was
measured explains it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from mitotransfer.flags import (
    AMBIENT_UNMEASURED,
    BASELINE_NOT_EXCLUDED,
    CONTAMINATION_BY_FLOW,
    CONTAMINATION_UNMEASURED,
    DIRECTION_NOT_SHOWN,
    IDENTITY_UNCHECKED,
    NO_INFORMATIVE_VARIANT,
    NO_NORMAL,
    NO_TUMOR,
    NUCLEAR_COUNTS_REFUSED,
    READS_IN_COMMON,
    UNJUDGED,
    VARIANTS_DISAGREE,
    Flag,
)
from mitotransfer.patient.cleanliness import without_cells
from mitotransfer.verdicts.case import NAN, Case
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
    """The verdict on a sample: its reason in a sentence, the unexplained share, its flags."""

    verdict: str
    evidence: str
    excess_low: float
    flags: tuple[str, ...]


def brought(x: Case) -> float:
    """Upper bound of the share that other sources bring; NaN where tumour cells are unmeasured.

    Free mtDNA counts where it was measured: nothing bounds it otherwise.
    """
    found = x.findings
    if found.contamination_source == "unmeasured":
        return NAN
    return found.contamination_high + without_cells(found.crosstalk_high, found.ambient_high)


def excess_low(x: Case) -> float:
    """Lower bound of the share that no other source brings; NaN where that is unmeasured."""
    excess = x.estimate.low - brought(x)
    return excess if math.isnan(excess) else max(0.0, excess)


def directed(x: Case) -> bool:
    """Whether the immune samples were shown to have less of the variants than the tumour.

    If not, the variants may be those of an immune clone in the tumour. The tumour then shows them
    by the clone's share of its mtDNA, and the clone's own fraction is one over that share, so above
    1. Variants of two people are known to be the donor's.
    """
    less = x.estimate.high < 1 and not x.support.more_in_immune
    return less or x.sample.design == "allogeneic"


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


def judge(x: Case) -> Verdict:
    """The verdict, its reason in one sentence, and flags.

    ``transfer_supported`` needs every condition at once; each missing or NaN value makes the
    verdict weaker, never stronger.
    """
    return untestable(x) or (_found(x) if detected(x) else _not_found(x))


def detected(x: Case) -> bool:
    """Whether tumour alleles were found beyond errors, by any route."""
    return untestable(x) is None and x.findings.q_value < x.settings.verdict.max_q_value


def untestable(x: Case) -> Verdict | None:
    """The verdict on a sample that cannot be tested; None of one that can."""
    if flags := unjudged(x):
        words = ", ".join(flag.samples for flag in flags)
        why = f" ({x.sample.failures})" if x.sample.failures else ""
        return Verdict("failed_qc", f"Not judged: {words}{why}.", NAN, flags)
    missing = {NO_TUMOR: x.sample.tumor_identity, NO_NORMAL: x.sample.normal_identity}
    if lacking := tuple(flag for flag, status in missing.items() if not status):
        roles = " and no ".join({NO_TUMOR: "tumour", NO_NORMAL: "normal"}[f] for f in lacking)
        return Verdict("uninformative", f"The patient has no {roles} sample.", NAN, lacking)
    if x.findings.n_informative < 1:
        reason = "The tumour has no usable variant that the normal lacks."
        return Verdict("uninformative", reason, NAN, (NO_INFORMATIVE_VARIANT,))
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
        return Verdict("underpowered", reason, NAN, ())
    limit = f"{percent(least)} on {would_have_been_seen(x.settings.verdict.power)}"
    if least <= x.settings.verdict.max_detection_limit:
        reason = f"No tumour mtDNA detected; a fraction from {limit}."
        return Verdict("not_detected", reason, NAN, ())
    reason = f"No tumour mtDNA detected, but only a fraction from {limit}."
    return Verdict("underpowered", reason, NAN, ())


def _found(x: Case) -> Verdict:
    """The verdict on a sample with the tumour's alleles beyond errors."""
    found, measured = x.estimate, x.findings
    by_flow = measured.contamination_source == "tumor_cell_fraction"
    flags = (CONTAMINATION_BY_FLOW,) if by_flow else ()
    share = f"{percent(found.fraction)} ({percent(found.low)} to {percent(found.high)})"
    excess = excess_low(x)
    if found.low == 0:
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
        return Verdict("contamination_not_excluded", reason, excess, (*flags, flag))
    seen = f"{share} of the mtDNA is tumoural"
    if math.isnan(excess):
        reason = f"{seen}; tumour-cell contamination was not measured."
        return Verdict(
            "contamination_not_excluded", reason, NAN, (*flags, CONTAMINATION_UNMEASURED)
        )
    free = not math.isnan(measured.ambient_high)
    others = "tumour cells, index cross-talk and free mtDNA"
    if not free:
        others = "tumour cells and index cross-talk"
    sources = f"{others} bring at most {percent(min(1.0, brought(x)))}"
    if not excess > 0:
        if measured.tumor_cells_low > 0:
            reason = f"{seen}; tumour cells are shown in the preparation, and {sources}."
            return Verdict("explained_by_contamination", reason, excess, flags)
        reason = f"{seen}; {sources}, which does not leave the fraction unexplained."
        return Verdict("contamination_not_excluded", reason, excess, flags)
    if doubts := _doubts(x):
        reason = f"{seen}; {sources}, but {'; '.join(doubts.values())}."
        return Verdict("contamination_not_excluded", reason, excess, (*flags, *doubts))
    reason = f"{seen}; {sources}, which leaves at least {percent(excess)}"
    if free:
        return Verdict("transfer_supported", f"{reason}.", excess, flags)
    reason = f"{reason}; free mtDNA of lysed cells was not measured."
    return Verdict("transfer_supported", reason, excess, (*flags, AMBIENT_UNMEASURED))


def _doubts(x: Case) -> dict[Flag, str]:
    """Flags, with reasons, for which an excess over all other sources is not called transfer."""
    doubts = {}
    if not directed(x):
        doubts[DIRECTION_NOT_SHOWN] = (
            "the tumour has no more of these variants than an immune sample, so they may be of "
            "immune cells that lie in the tumour"
        )
    if shares_reads(x):
        doubts[READS_IN_COMMON] = "samples of the patient have reads in common"
    elif not identified(x):
        doubts[IDENTITY_UNCHECKED] = "the samples' identity could not be checked"
    return doubts


#: Verdicts with tumour alleles detected, by any route.
DETECTED = ("transfer_supported", "contamination_not_excluded", "explained_by_contamination")


def shown(transfer: pd.DataFrame) -> pd.Series:
    """Mask of samples with more tumour mtDNA than their normals may hide, by any route."""
    low = pd.to_numeric(transfer["tumor_fraction_low"], errors="coerce")
    return transfer["verdict"].isin(DETECTED) & (low > 0)
