"""The verdict on one immune sample: a pure function of what was measured.

The order of the rules is the order of doubt: a sample that cannot be trusted is not
judged, what cannot be seen is not denied, and what is seen is called transfer only if
nothing else that was measured can bring it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from mitotransfer.patient.cleanliness import without_cells
from mitotransfer.wording import percent, would_have_been_seen

VERDICT_COLUMNS = [
    "patient", "sample", "cell_type", "timepoint", "verdict", "evidence", "tumor_fraction",
    "tumor_fraction_low", "tumor_fraction_high", "detection_limit", "p_value", "q_value",
    "n_informative", "n_supporting", "contamination_high", "crosstalk_high", "excess_low", "flags",
]  # fmt: skip

SCREENING_COLUMNS = [
    "patient", "sample", "tumor_fraction_high", "detection_limit", "max_tumor_fraction", "result",
    "reason",
]  # fmt: skip

VERDICTS = (
    "transfer_supported",
    "contamination_not_excluded",
    "explained_by_contamination",
    "not_detected",
    "underpowered",
    "uninformative",
    "failed_qc",
)

#: Identity statuses with which a sample is not judged, and what they say of it.
REJECTED = {
    "swapped": "is another patient's",
    "foreign": "is another person's",
    "ambiguous": "may be another person's",
    "duplicate": "has the same reads as another sample",
}
#: What the flags of a patient that is not judged say.
UNJUDGED = {
    f"{role}_{status}": f"the {shown} sample {what}"
    for role, shown in (("immune", "immune"), ("tumor", "tumour"), ("normal", "normal"))
    for status, what in {**REJECTED, "shallow": "is too shallow (qc.min_mean_depth)"}.items()
}

NAN = math.nan


@dataclass(frozen=True)
class Findings:
    """What is known about an immune sample. Fractions are 0 to 1; NaN is "not measured".

    Attributes:
        immune_identity, tumor_identity, normal_identity: status of ``identity.tsv``; of several
            tumours or normals the worst; empty if the patient has none.
        n_informative: usable informative variants.
        fraction, low, high: share of the immune sample's mtDNA that is the tumour's, interval.
        baseline_excluded: the normal cannot have as much of the tumour's alleles.
        detection_limit: the fraction that would have been detected with probability ``power``.
        contamination_source: ``nuclear_counts``, ``tumor_cell_fraction`` or ``unmeasured``.
        tumor_cells_low: lower bound of the tumour-cell fraction.
        contamination_high: upper bound of the share of mtDNA that tumour cells bring.
        crosstalk_high: upper bound of the share that swapped indexes of the tumour bring.
        ambient_high: measured upper bound of the share that is free mtDNA of lysed cells.
        more_in_immune: of every variant that supports it, an immune sample of the patient has more
            than the tumour.
    """

    design: str = "autologous"
    immune_identity: str = "ok"
    tumor_identity: str = "ok"
    normal_identity: str = "ok"
    deep_enough: bool = True
    n_informative: int = 0
    fraction: float = NAN
    low: float = NAN
    high: float = NAN
    baseline_excluded: bool = False
    detection_limit: float = NAN
    power: float = 0.95
    q_value: float = NAN
    contamination_source: str = "unmeasured"
    tumor_cells_low: float = NAN
    contamination_high: float = NAN
    crosstalk_high: float = NAN
    ambient_high: float = NAN
    more_in_immune: bool = False


@dataclass(frozen=True)
class Verdict:
    verdict: str
    evidence: str
    excess_low: float
    flags: tuple[str, ...]


def brought(x: Findings) -> float:
    """Upper bound of the share that other sources bring; NaN where tumour cells are unmeasured.

    Free mtDNA counts where it was measured: nothing bounds it otherwise.
    """
    if x.contamination_source == "unmeasured":
        return NAN
    return x.contamination_high + without_cells(x.crosstalk_high, x.ambient_high)


def excess_low(x: Findings) -> float:
    """Lower bound of the share that no other source brings; NaN where that is unmeasured."""
    excess = x.low - brought(x)
    return excess if math.isnan(excess) else max(0.0, excess)


def directed(x: Findings) -> bool:
    """Whether the immune samples were shown to have less of the variants than the tumour.

    If not, they may be those of an immune clone that lies in the tumour: it is there by its share
    of the tumour's mtDNA, and where it is from f is one over that. Of two people it is known whose
    they are.
    """
    return (x.high < 1 and not x.more_in_immune) or x.design == "allogeneic"


def identified(x: Findings) -> bool:
    """Whether all samples were shown to be of one person."""
    # A donor tumour has nothing of its own person to be compared with.
    tumor_checked = x.tumor_identity == "ok" or (
        x.design == "allogeneic" and x.tumor_identity == "single"
    )
    return x.immune_identity == "ok" and x.normal_identity == "ok" and tumor_checked


def shares_reads(x: Findings) -> bool:
    """Whether samples of the patient hold some of each other's reads, as mixtures of them do."""
    return "shared" in (x.immune_identity, x.tumor_identity, x.normal_identity)


def screen(x: Findings, verdict: Verdict, max_tumor_fraction: float) -> tuple[str, str]:
    """Whether a product is below a limit of tumour mtDNA: pass, fail or inconclusive, and why.

    A sample passes only if its upper bound is below the limit and the samples are of one person;
    it fails if its lower bound is above. What cannot be judged (``failed_qc``,
    ``uninformative``) is inconclusive: nothing was shown.
    """
    limit = percent(max_tumor_fraction)
    if verdict.verdict in ("failed_qc", "uninformative"):
        return "inconclusive", verdict.evidence
    if math.isnan(x.low) or math.isnan(x.high):
        return "inconclusive", "The tumour fraction could not be estimated."
    if x.low > max_tumor_fraction:
        return "fail", f"At least {percent(x.low)} of the mtDNA is tumoural, above {limit}."
    if not x.high < max_tumor_fraction:
        return "inconclusive", f"Up to {percent(x.high)} may be tumoural, not below {limit}."
    if not identified(x):
        return "inconclusive", "The samples' identity could not be checked."
    return "pass", f"At most {percent(x.high)} of the mtDNA is tumoural, below {limit}."


def judge(x: Findings, max_q_value: float, max_detection_limit: float) -> Verdict:
    """The verdict, its reason in one sentence, and flags.

    ``transfer_supported`` needs every condition at once; each missing or NaN value makes the
    verdict weaker, never stronger.
    """
    if flags := unjudged(x):
        words = ", ".join(UNJUDGED[flag] for flag in flags)
        return Verdict("failed_qc", f"Not judged: {words}.", NAN, flags)
    missing = [r for r, s in (("tumor", x.tumor_identity), ("normal", x.normal_identity)) if not s]
    if missing:
        reason = f"The patient has no {' and no '.join(missing)} sample.".replace("tumor", "tumour")
        return Verdict("uninformative", reason, NAN, tuple(f"no_{role}" for role in missing))
    if x.n_informative < 1:
        reason = "The tumour has no usable variant that the normal lacks."
        return Verdict("uninformative", reason, NAN, ("no_informative_variant",))
    return _found(x) if x.q_value < max_q_value else _not_found(x, max_detection_limit)


def unjudged(x: Findings) -> tuple[str, ...]:
    """Flags for which the sample is not judged."""
    roles = {"immune": x.immune_identity, "tumor": x.tumor_identity, "normal": x.normal_identity}
    shallow = not x.deep_enough or x.immune_identity == "shallow"
    flags = [f"{role}_{status}" for role, status in roles.items()]
    found = [flag for flag in flags if flag in UNJUDGED and flag != "immune_shallow"]
    return (*found, "immune_shallow") if shallow else tuple(found)


def _not_found(x: Findings, max_detection_limit: float) -> Verdict:
    """Of a sample without tumour mtDNA beyond errors."""
    if math.isnan(x.detection_limit):
        reason = "No tumour mtDNA detected, with too little data to state a detection limit."
        return Verdict("underpowered", reason, NAN, ())
    limit = f"{percent(x.detection_limit)} on {would_have_been_seen(x.power)}"
    if x.detection_limit <= max_detection_limit:
        reason = f"No tumour mtDNA detected; a fraction from {limit}."
        return Verdict("not_detected", reason, NAN, ())
    reason = f"No tumour mtDNA detected, but only a fraction from {limit}."
    return Verdict("underpowered", reason, NAN, ())


def _found(x: Findings) -> Verdict:
    """Of a sample with the tumour's alleles beyond errors: what may have brought them."""
    flags = ("contamination_by_flow",) if x.contamination_source == "tumor_cell_fraction" else ()
    share = f"{percent(x.fraction)} ({percent(x.low)} to {percent(x.high)})"
    excess = excess_low(x)
    if x.low == 0:
        # More than errors bring, but it may be that none of it is the tumour's.
        if x.baseline_excluded:
            flag = "variants_disagree"
            doubt = "the variants disagree on one fraction: clones may have some of their own"
        else:
            flag = "baseline_not_excluded"
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
            "contamination_not_excluded", reason, NAN, (*flags, "contamination_unmeasured")
        )
    free = not math.isnan(x.ambient_high)
    others = "tumour cells, index cross-talk and free mtDNA"
    if not free:
        others = "tumour cells and index cross-talk"
    sources = f"{others} bring at most {percent(min(1.0, brought(x)))}"
    if not excess > 0:
        if x.tumor_cells_low > 0:
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
    return Verdict("transfer_supported", reason, excess, (*flags, "ambient_unmeasured"))


def _doubts(x: Findings) -> dict[str, str]:
    """Flags, and what they say, for which an excess over all other sources is not transfer yet."""
    doubts = {}
    if not directed(x):
        doubts["direction_not_shown"] = (
            "the tumour has no more of these variants than an immune sample, so they may be of "
            "immune cells that lie in the tumour"
        )
    if shares_reads(x):
        doubts["reads_in_common"] = "samples of the patient have reads in common"
    elif not identified(x):
        doubts["identity_unchecked"] = "the samples' identity could not be checked"
    return doubts


#: Verdicts that say that tumour alleles were detected, whatever brought them.
DETECTED = ("transfer_supported", "contamination_not_excluded", "explained_by_contamination")


def shown(transfer: pd.DataFrame) -> pd.Series:
    """Samples with more tumour mtDNA than their normals may hide, whatever brought it."""
    low = pd.to_numeric(transfer["tumor_fraction_low"], errors="coerce")
    return transfer["verdict"].isin(DETECTED) & (low > 0)
