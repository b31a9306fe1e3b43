"""The verdict on one immune sample: a pure function of what was measured.

The order of the rules is the order of doubt: a sample that cannot be trusted is not
judged, what cannot be seen is not denied, and what is seen is called transfer only if
nothing else that was measured can bring it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mitotransfer.intervals import percent
from mitotransfer.wording import would_have_been_seen

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

#: Share of the tumour sample's mtDNA above which a variant is not that of cells lying in it: a
#: tumour sample is the tumour's for the most part.
MAJORITY = 0.5

#: Identity statuses with which a sample is not judged.
REJECTED = ("swapped", "foreign", "ambiguous", "duplicate")

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
        tumor_vaf_low: lower bound of the tumour's VAF of the supporting variant with most.
        immune_in_tumor_high: upper bound of the share of the tumour sample's mtDNA that cells lying
            in it bring.
        recurrent_only: every supporting variant is at a hot spot or in unrelated samples, too.
        inherited_only: a single variant supports it, and the normal has some of that for certain.
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
    tumor_vaf_low: float = NAN
    immune_in_tumor_high: float = NAN
    recurrent_only: bool = False
    inherited_only: bool = False


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
    ambient = 0.0 if math.isnan(x.ambient_high) else x.ambient_high
    return x.contamination_high + x.crosstalk_high + ambient


def excess_low(x: Findings) -> float:
    """Lower bound of the share that no other source brings; NaN where that is unmeasured."""
    excess = x.low - brought(x)
    return excess if math.isnan(excess) else max(0.0, excess)


def directed(x: Findings) -> bool:
    """Whether the variants were shown to be the tumour's, not an immune clone's that lies in it.

    A clone is in the tumour by its share of the tumour's mtDNA, and in the immune sample, or in
    another one, by any: f is then one over that share, or anything below. So the immune sample has
    to have less of the variants than the tumour, and the tumour more of one than cells lying in it
    can bring. Of two people it is known whose they are.
    """
    lying = 0.0 if math.isnan(x.immune_in_tumor_high) else x.immune_in_tumor_high
    own = x.tumor_vaf_low > max(MAJORITY, lying)
    return (x.high < 1 and own) or x.design == "allogeneic"


def identified(x: Findings) -> bool:
    """Whether all samples were shown to be of one person."""
    # A donor tumour has nothing of its own person to be compared with.
    tumor_checked = x.tumor_identity == "ok" or (
        x.design == "allogeneic" and x.tumor_identity == "single"
    )
    return x.immune_identity == "ok" and x.normal_identity == "ok" and tumor_checked


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
    flags = [
        f"{role}_{status}"
        for role, status in (
            ("immune", x.immune_identity),
            ("tumor", x.tumor_identity),
            ("normal", x.normal_identity),
        )
        if status in REJECTED or (status == "shallow" and role != "immune")
    ]
    if not x.deep_enough or x.immune_identity == "shallow":
        flags.append("immune_shallow")
    if flags:
        words = ", ".join(flag.replace("_", " sample ", 1) for flag in flags)
        return Verdict("failed_qc", f"Not judged: {words}.", NAN, tuple(flags))

    missing = [r for r, s in (("tumor", x.tumor_identity), ("normal", x.normal_identity)) if not s]
    if missing:
        words = " and no ".join(missing).replace("tumor", "tumour")
        flags = [f"no_{role}" for role in missing]
        return Verdict("uninformative", f"The patient has no {words} sample.", NAN, tuple(flags))
    if x.n_informative < 1:
        reason = "The tumour has no usable variant that the normal lacks."
        return Verdict("uninformative", reason, NAN, ("no_informative_variant",))

    if not x.q_value < max_q_value:
        if math.isnan(x.detection_limit):
            reason = "No tumour mtDNA detected, with too little data to state a detection limit."
            return Verdict("underpowered", reason, NAN, ())
        limit = f"{percent(x.detection_limit)} on {would_have_been_seen(x.power)}"
        if x.detection_limit <= max_detection_limit:
            reason = f"No tumour mtDNA detected; a fraction from {limit}."
            return Verdict("not_detected", reason, NAN, ())
        reason = f"No tumour mtDNA detected, but only a fraction from {limit}."
        return Verdict("underpowered", reason, NAN, ())

    flags = ["contamination_by_flow"] if x.contamination_source == "tumor_cell_fraction" else []
    share = f"{percent(x.fraction)} ({percent(x.low)} to {percent(x.high)})"
    excess = excess_low(x)
    if x.low == 0:
        # More than errors bring, but it may be that none of it is the tumour's.
        if x.baseline_excluded:
            doubt = "the variants disagree on one fraction: clones may have some of their own"
            flags.append("variants_disagree")
        else:
            doubt = "the normal's reads do not exclude that it has as many"
            flags.append("baseline_not_excluded")
        reason = (
            f"The tumour's alleles are there beyond errors, as {share} of tumour mtDNA would bring "
            f"them, but {doubt}."
        )
        return Verdict("contamination_not_excluded", reason, excess, tuple(flags))
    seen = f"{share} of the mtDNA is tumoural"
    if math.isnan(excess):
        reason = f"{seen}; tumour-cell contamination was not measured."
        flags.append("contamination_unmeasured")
        return Verdict("contamination_not_excluded", reason, NAN, tuple(flags))

    others = ["tumour cells", "index cross-talk"]
    others += [] if math.isnan(x.ambient_high) else ["free mtDNA"]
    words = f"{', '.join(others[:-1])} and {others[-1]}"
    sources = f"{words} bring at most {percent(min(1.0, brought(x)))}"
    if excess > 0:
        doubts = {
            "direction_not_shown": (
                not directed(x),
                "they may be of immune cells that lie in the tumour, as it has no more of the "
                "variants than these could bring",
            ),
            "recurrent_only": (
                x.recurrent_only,
                "every variant that shows it is one that arises again and again",
            ),
            "inherited_only": (
                x.inherited_only,
                "the normal has some of the one variant that shows it, which may have drifted",
            ),
            "identity_unchecked": (
                not identified(x),
                "the samples' identity could not be checked",
            ),
        }
        found = {flag: text for flag, (doubtful, text) in doubts.items() if doubtful}
        if found:
            flags += found
            reason = f"{seen}; {sources}, but {'; '.join(found.values())}."
            return Verdict("contamination_not_excluded", reason, excess, tuple(flags))
        reason = f"{seen}; {sources}, which leaves at least {percent(excess)}."
        if math.isnan(x.ambient_high):
            flags.append("ambient_unmeasured")
            reason = f"{reason[:-1]}; free mtDNA of lysed cells was not measured."
        return Verdict("transfer_supported", reason, excess, tuple(flags))
    if x.tumor_cells_low > 0:
        reason = f"{seen}; tumour cells are shown in the preparation, and {sources}."
        return Verdict("explained_by_contamination", reason, excess, tuple(flags))
    reason = f"{seen}; {sources}, which does not leave the fraction unexplained."
    return Verdict("contamination_not_excluded", reason, excess, tuple(flags))
