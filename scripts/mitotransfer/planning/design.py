"""The design of a study: samples, depths, purity, measurements; each with default and unit."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from mitotransfer.inputs.declaration import Section, key


@dataclass(frozen=True)
class Design(Section):
    """One patient's samples as they are expected, and the fraction that is sought."""

    fraction: float = key(
        0.02,
        "Fraction sought: share of the immune sample's mtDNA that transfer brings, in units of the "
        "tumour sample's mtDNA.",
        gt=0,
        lt=0.5,
    )
    tumor_vafs: tuple[float, ...] = key(
        (0.6, 0.3),
        "VAF in the tumour sample of each informative variant, joined by commas.",
        gt=0,
        le=1,
    )
    immune_depth: float = key(
        2000.0, "Depth of the immune sample.", unit="fragments per position", ge=1
    )
    tumor_depth: float = key(
        1000.0, "Depth of the tumour sample.", unit="fragments per position", ge=1
    )
    normal_depth: float = key(2000.0, "Depth of the normal.", unit="fragments per position", ge=1)
    normal_reads: tuple[float, ...] = key(
        (),
        "Where the normal is sequenced: its fragments with the allele of each variant, joined by "
        "commas. By default drawn at the error rate.",
        ge=0,
    )
    error_rate: tuple[float, ...] = key(
        (0.0003,),
        "Reads with one given wrong base, after the quality filter; at each variant, joined by "
        "commas, where they differ.",
        gt=0,
        lt=0.1,
    )
    error_spread: float = key(
        0.5, "Standard deviation of the error rates of sites, over their mean.", gt=0, le=3
    )
    overdispersion: float = key(
        0.00015, "Correlation of the counts of a sample beyond chance (rho).", ge=0, lt=0.1
    )
    immune_samples: int = key(
        20, "Immune samples in the cohort: the more are tested, the stricter is each test.", ge=1
    )
    purity: float = key(
        0.5, "Tumour cells per cell of the tumour sample; 1: sorted cells or a line.", gt=0, le=1
    )
    purity_stated: bool = key(True, "Whether the sheet will state the purity.")
    copy_ratio: float = key(
        3.0, "mtDNA copies per cell of the tumour sample over those of the preparation.", gt=0
    )
    copy_ratio_sd: float = key(
        0.2,
        "Log-sd of the measured ratio (0.2: good to a factor of 1.5). 0: not measured, and the "
        "whole range contamination.copy_ratio counts.",
        ge=0,
        le=2,
    )
    nuclear_loci: int = key(
        300, "Somatic nuclear SNVs of the tumour that are read in all samples; 0: none.", ge=0
    )
    nuclear_depth: float = key(100.0, "Depth at each of them.", unit="reads", ge=1)
    nuclear_error: float = key(0.0005, "Error per read at a nuclear locus.", ge=0, lt=0.1)
    cells: int = key(
        20_000, "Cells of the preparation in each portion that is sequenced.", unit="cells", ge=1
    )
    tumor_cells: float = key(
        0.0, "Tumour cells left in the preparation, share of its cells.", ge=0, lt=0.5
    )
    crosstalk: float = key(
        0.0005, "Upper bound of index cross-talk from the tumour's library.", ge=0, lt=1
    )
    ambient: float = key(
        0.0, "Upper bound of free mtDNA, share of the sample's mtDNA; 0: not measured.", ge=0, lt=1
    )

    @property
    def brought(self) -> float:
        """K: what the tumour cells of the preparation bring, in the tumour sample's mtDNA."""
        return self.tumor_cells / self.purity * self.copy_ratio


def checked(design: Design) -> Design:
    """The design, if its numbers lie within their bounds.

    Raises:
        ValueError: which number is wrong, and its bounds.
    """
    variants = len(design.tumor_vafs)
    sizes = {"tumor_vafs": {variants} - {0}, "error_rate": {1, variants}}
    for one in fields(design):
        value: Any = getattr(design, one.name)
        option = "--" + one.name.replace("_", "-")
        bounds = one.metadata["bounds"]
        if isinstance(value, tuple):
            if not all(map(bounds.hold, value)):
                raise ValueError(f"{option}: expected numbers {bounds.words()}")
            if len(value) not in sizes.get(one.name, {0, variants}):
                raise ValueError(f"{option}: expected a number for each of the variants")
        elif not isinstance(value, bool) and not bounds.hold(value):
            raise ValueError(f"{option} {value:g}: expected a number {bounds.words()}")
    return design
