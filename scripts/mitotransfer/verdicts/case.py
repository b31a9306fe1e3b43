"""All data on one immune sample, for the verdict and the explanations.

Fractions are 0 to 1; NaN means "not known".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.flag_words import has
from mitotransfer.flags import DIRECT_REPEAT, HOT_SPOT, LINKED, NUMT, ONLY_ONE_STRAND
from mitotransfer.fraction.estimate import FractionEstimate
from mitotransfer.patient.immune_variants import PrivateVariants
from mitotransfer.verdicts.settings import Settings
from mitotransfer.verdicts.sources import Sources

NAN = math.nan
_NONE: NDArray[np.float64] = np.zeros(0)
#: The estimate of a sample that was not tested.
NOT_TESTED = FractionEstimate(
    fraction=NAN, low=NAN, high=NAN, p_value=NAN, p_hidden=NAN, statistic=NAN,
    heterogeneity_p=NAN, variant_fraction=_NONE, variant_low=_NONE, variant_high=_NONE,
    variant_p=_NONE, leave_one_out_low=NAN, leave_one_out_high=NAN,
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Identity and origin of the samples.

    Attributes:
        design: ``allogeneic`` only where tumour and normal were shown to be of two people.
        identity, tumor_identity, normal_identity: status of ``identity.tsv``; of several tumours
            or normals the worst; empty if the patient has none.
        failures: why files of these samples cannot be used, by sample; empty where they can.
        nuclear_refused: whether a table of nuclear counts is among them.
        deep_enough: whether the immune sample's mean depth reaches ``qc.min_mean_depth``.
        same_assay: whether the immune sample and all normals were sequenced by the same assay.
        rna: whether the immune sample's reads are of RNA.
        foreign_patient: patient of the cohort whose haplotype is in the immune sample, with the
            bounds of its share.
        same_haplotype: other patients of the cohort with the patient's haplotype, as animals of a
            strain have.
    """

    design: str = "autologous"
    identity: str = "ok"
    identity_reason: str = ""
    same_haplotype: int = 0
    tumor_identity: str = "ok"
    normal_identity: str = "ok"
    failures: str = ""
    nuclear_refused: bool = False
    deep_enough: bool = True
    same_assay: bool = True
    rna: bool = False
    foreign_patient: str = ""
    foreign_low: float = NAN
    foreign_high: float = NAN


@dataclass(frozen=True)
class Findings:
    """Measurements other than the tumour fraction.

    Attributes:
        n_informative: usable informative variants.
        detection_limit: the fraction that would have been detected with probability ``power``.
        fraction_method: ``sites`` or ``molecules``; empty where not estimated.
        switched: share of the molecules that are joined from two, low, high; NaN by sites.
        q_value: of the test for tumour mtDNA, over all samples of the cohort.
        sources: what tumour cells bring and what is left.
        turning: what would turn the verdict (``verdicts.turning``).
        crosstalk_source: ``measured`` or ``assumed``.
        crosstalk_high: upper bound of the share that swapped indexes of the tumour bring.
        ambient_high: measured upper bound of the share that is free mtDNA of lysed cells.
        extra_alleles: further minor alleles of the immune sample at the fraction's level.
    """

    n_informative: int = 0
    detection_limit: float = NAN
    fraction_method: str = ""
    switched: tuple[float, float, float] = (NAN, NAN, NAN)
    q_value: float = NAN
    sources: Sources = field(default_factory=Sources)
    turning: tuple[str, ...] = ()
    crosstalk_source: str = "assumed"
    crosstalk_high: float = NAN
    ambient_high: float = NAN
    extra_alleles: int = 0


@dataclass(frozen=True)
class Support:
    """The variants that support the finding: each alone is improbable without tumour mtDNA.

    Attributes:
        tumor_low, immune_low, immune_high, normal_high: bounds of their VAFs, one per variant.
        carriers: unrelated patients in whom each is heteroplasmic, at most.
        one_strand: whether each lies on one strand only in the immune sample.
        linked: whether its reads carry further mismatches.
        of_copy: whether a published nuclear copy has it.
        hot_spot: whether it is at a published hot spot of recurrent mutation.
        direct_repeat: whether it is a deletion at a direct repeat of 8 bases or more.
        more_in_immune: whether every variant that carries the finding is more frequent in some
            immune sample of the patient than in the tumour.
        without_own: whether the sample lacks the variants that only a part of the tumour's mtDNA
            has, although the fraction would have brought them: of two people, only what all cells
            of the tumour's person have is there.
    """

    tumor_low: Sequence[float] = ()
    immune_low: Sequence[float] = ()
    immune_high: Sequence[float] = ()
    normal_high: Sequence[float] = ()
    carriers: Sequence[int] = ()
    one_strand: Sequence[bool] = ()
    linked: Sequence[bool] = ()
    of_copy: Sequence[bool] = ()
    hot_spot: Sequence[bool] = ()
    direct_repeat: Sequence[bool] = ()
    more_in_immune: bool = False
    without_own: bool = False

    @property
    def n(self) -> int:
        return len(self.immune_low)

    @property
    def again(self) -> int:
        """Supporting variants that an unrelated patient has, too."""
        return sum(k > 0 for k in self.carriers)


def support_of(variants: pd.DataFrame, n_patients: int, *, more_in_immune: bool) -> Support:
    """The supporting variants, given their rows of ``shared_variants``.

    Args:
        n_patients: unrelated patients. Carriers are counted by sample and limited to this.
    """
    flags = variants["flags"]
    return Support(
        tumor_low=variants["tumor_vaf_low"].tolist(),
        immune_low=variants["immune_vaf_low"].tolist(),
        immune_high=variants["immune_vaf_high"].tolist(),
        normal_high=variants["normal_vaf_high"].tolist(),
        carriers=np.minimum(variants["carriers"].to_numpy(np.int64), n_patients).tolist(),
        one_strand=has(flags, ONLY_ONE_STRAND),
        linked=has(flags, LINKED),
        of_copy=has(flags, NUMT),
        hot_spot=has(flags, HOT_SPOT),
        direct_repeat=has(flags, DIRECT_REPEAT),
        more_in_immune=more_in_immune,
    )


@dataclass(frozen=True)
class Unrelated:
    """How many samples and patients there are to compare with."""

    n_samples: int = 0
    n_patients: int = 0


@dataclass(frozen=True)
class Case:
    """One immune sample with all data for its verdict.

    Attributes:
        estimate: of the tumour fraction; ``NOT_TESTED`` where there is nothing to test.
        private: the immune sample's own variants.
        cohort: the other patients.
    """

    sample: Sample = field(default_factory=Sample)
    findings: Findings = field(default_factory=Findings)
    estimate: FractionEstimate = NOT_TESTED
    support: Support = field(default_factory=Support)
    private: PrivateVariants = field(default_factory=PrivateVariants)
    cohort: Unrelated = field(default_factory=Unrelated)
    settings: Settings = field(default_factory=Settings)

    @property
    def tested(self) -> bool:
        """Whether the sample was tested: it was judged and had informative variants."""
        return not math.isnan(self.estimate.p_value)

    @property
    def baseline_excluded(self) -> bool:
        """Whether all variants together show more than the normal may have."""
        return self.estimate.p_hidden < (1 - self.settings.confidence) / 2
