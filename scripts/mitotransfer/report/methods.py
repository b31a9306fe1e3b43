"""Methods of this run as text for a paper, with its numbers and versions; and how to cite."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from statistics import median

import pandas as pd

from mitotransfer.fraction.excess import DROP
from mitotransfer.inputs.settings import Settings
from mitotransfer.report.tables import Patient, Tables, number, records, text
from mitotransfer.report.words import count, join, percent, plural

#: Packages whose versions the text names, where they are installed.
TOOLS = {"aligner": "bwa-mem3", "numerics": "numpy", "statistics": "scipy", "survival": "lifelines"}
SOURCES = {
    "nuclear_counts": "by reads at the tumour’s somatic nuclear SNVs",
    "tumor_cell_fraction": "by flow cytometry",
    "unmeasured": "not at all",
}
REFERENCES = (
    ("Ikeda et al., Immune evasion through mitochondrial transfer in the tumour microenvironment, "
     "Nature 2025.", "10.1038/s41586-024-08439-0"),
    ("Andrews et al., Reanalysis and revision of the Cambridge reference sequence, Nat Genet "
     "1999.", "10.1038/13779"),
    ("Gerstung et al., Subclonal variant calling with multiple samples and prior knowledge, "
     "Bioinformatics 2014.", "10.1093/bioinformatics/btt750"),
    ("Self and Liang, likelihood-ratio tests at a boundary, J Am Stat Assoc 1987.",
     "10.1080/01621459.1987.10478472"),
    ("Benjamini and Hochberg, Controlling the false discovery rate, J R Stat Soc B 1995.",
     "10.1111/j.2517-6161.1995.tb02031.x"),
    ("Clopper and Pearson, exact intervals of a proportion, Biometrika 1934.",
     "10.1093/biomet/26.4.404"),
    ("Bonett and Wright, intervals of rank correlations, Psychometrika 2000.",
     "10.1007/BF02294183"),
    ("Newcombe, intervals of the Mann-Whitney area, Stat Med 2006.", "10.1002/sim.2324"),
    ("Kaplan and Meier, estimation from incomplete observations, J Am Stat Assoc 1958.",
     "10.1080/01621459.1958.10501452"),
    ("Cox, Regression models and life-tables, J R Stat Soc B 1972.",
     "10.1111/j.2517-6161.1972.tb00899.x"),
    ("Grambsch and Therneau, proportional hazards tests, Biometrika 1994.",
     "10.1093/biomet/81.3.515"),
)  # fmt: skip
SURVIVAL_METHODS = (
    "survival by the log-rank test (Kaplan and Meier 1958) and Cox’s proportional hazards (Cox "
    "1972), whose proportionality was tested (Grambsch and Therneau 1994)"
)


def version_of(package: str) -> str:
    """Name and version of an installed package, its name alone where it is not installed."""
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return package


def paragraphs(
    tables: Tables,
    patients: Iterable[Patient],
    depths: pd.DataFrame,
    genome: str,
    settings: Settings,
) -> list[str]:
    """The methods in full sentences.

    Args:
        depths: ``role_name`` and ``mean_depth`` of each sample.
        genome: name of the reference.
    """
    patients = list(patients)
    found = [_reads(patients, depths, genome, settings), _fraction(settings)]
    return [*found, _contamination(patients, settings), _cohort(tables, settings)]


def _reads(patients: list[Patient], depths: pd.DataFrame, genome: str, settings: Settings) -> str:
    parts = []
    for role, name in (("tumor", "tumour"), ("immune", "immune"), ("normal", "normal")):
        own = depths.loc[depths["role_name"] == role, "mean_depth"].dropna()
        middle = f" (median depth {count(median(own))})" if len(own) else ""
        parts.append(
            f"{plural(int((depths['role_name'] == role).sum()), f'{name} sample')}{middle}"
        )
    counting, calling = settings.counting, settings.calling
    return (
        f"mtDNA reads of {join(parts)} of {plural(len(patients), 'patient')} were aligned to the "
        f"circular {genome} with {version_of(TOOLS['aligner'])}. "
        "Each fragment counted once per position; bases below quality "
        f"{counting.min_base_quality}, reads below mapping quality {counting.min_mapping_quality} "
        f"and bases within {counting.read_end} of an end of the aligned read did not count. "
        "Alleles were tested against each sample’s own error rates by substitution and strand, "
        "beta-binomial (Gerstung et al. 2014), at a false-discovery rate of "
        f"{percent(calling.max_fdr)} within a sample (Benjamini and Hochberg 1995)."
    )


def _fraction(settings: Settings) -> str:
    informative, verdict = settings.informative, settings.verdict
    return (
        "A variant was informative if its VAF in the tumour was at least "
        f"{percent(informative.min_tumor_vaf)} and the upper bound of its VAF in the normal below "
        f"{percent(informative.max_normal_vaf)}; large deletions were variants, too, with split "
        "reads and intact ones as counts, and inside a deletion of the tumour variants were "
        "weighted by the molecules that have the position; indels in or next to repeats and "
        "positions on the list of artefacts did not count. The share f of an immune sample’s mtDNA "
        "that is of tumour origin was estimated over all informative variants from E[VAF in the "
        "immune sample] = (1 − f) VAF in the normal + f VAF in the tumour, by maximum likelihood "
        "with the VAFs of tumour and normal as nuisance parameters and errors from the sample "
        "itself and from samples of other patients, "
        f"with a {percent(settings.fraction.confidence)} likelihood interval. f = 0 was tested "
        "exactly; tumour mtDNA counts as detected at a q value below "
        f"{verdict.max_q_value:g} over immune samples (Benjamini and Hochberg 1995). The detection "
        "limit is the smallest f that this design detects with a probability of "
        f"{percent(verdict.power)}; without detection a sample counts as negative where it is at "
        f"most {percent(verdict.max_detection_limit)}."
    )


def _contamination(patients: list[Patient], settings: Settings) -> str:
    sources: dict[str, int] = {}
    for patient in patients:
        for row in patient.contamination.values():
            name = text(row.get("source")) or "unmeasured"
            sources[name] = sources.get(name, 0) + 1
    ways = [
        f"in {plural(sources[name], 'sample')} {SOURCES[name]}"
        for name in SOURCES
        if name in sources
    ]
    low, high = settings.contamination.copy_ratio
    measured = f"Tumour cells in the preparations were measured {join(ways)}. " if ways else ""
    return (
        f"{measured}Their number, weighed with the mtDNA copies per cell of the tumour sample over "
        f"those of the preparation (from {low:g} to {high:g} where not measured), gives the mtDNA "
        "that they bring. Transfer is called supported only if the joint lower bound of what is "
        f"left (profile likelihood, drop {DROP:.2f}: one-sided 1 %) exceeds index cross-talk, also "
        "at the tumour’s strongest variant if contaminating cells have it on every mtDNA, if the "
        "tumour’s variants cannot be those of immune cells in it, if all samples are of one "
        "person, and if inherited heteroplasmy, recurrent mutation, nuclear copies, sequencing "
        "artefacts, foreign DNA and clonal expansion are excluded. Index cross-talk was bounded "
        "from the fixed haplotype differences of each batch."
    )


def _cohort(tables: Tables, settings: Settings) -> str:
    null = ""
    if len(tables.null_summary):
        row = records(tables.null_summary)[0]
        if number(row, "pairs") > 0:
            null = (
                f"Of {count(number(row, 'pairs'))} pairs of an immune sample with another "
                f"patient’s tumour, {count(number(row, 'rejected'))} had a p value below "
                f"{percent(number(row, 'nominal'))}. "
            )
    tested: set[str] = set()
    if len(tables.associations):
        tested = set(tables.associations.loc[tables.associations["p_value"].notna(), "family"])
    parts = []
    if "covariates" in tested:
        parts.append(
            "covariates by Spearman’s correlation (interval: Bonett and Wright 2000), Mann-Whitney "
            "test with Cliff’s δ (Newcombe 2006) or Kruskal-Wallis test"
        )
    if tested & {"subsets", "time_course"}:
        parts.append("cell types and time points within patients by the signed-rank test (Pratt)")
    if tested & {"survival_by_transfer", "survival_by_mutation"}:
        parts.append(SURVIVAL_METHODS)
    said = f"Associations: {join(parts)}; q values within each of these. " if parts else ""
    libraries = ", ".join(version_of(name) for name in list(TOOLS.values())[1:])
    return (
        f"{null}Prevalence has exact binomial intervals ({percent(settings.fraction.confidence)}; "
        f"Clopper and Pearson 1934). {said}Numerics: {libraries}."
    )


def citation(version: str) -> str:
    """How to cite the workflow."""
    return (
        f"The mitotransfer authors. mitotransfer: tumour-derived mitochondrial DNA in "
        f"tumour-infiltrating immune cells, version {version or 'unknown'} (software, MIT licence)."
    )
