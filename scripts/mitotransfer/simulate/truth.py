"""The truth of a cohort: from a scenario and a seed to the molecules of every library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from mitotransfer.genome.reference import BASES, Reference, bundled, load
from mitotransfer.simulate.deletions import by_fragments, pool
from mitotransfer.simulate.genomes import (
    Haplotypes,
    Numt,
    Variant,
    draw_numts,
    draw_positions,
    draw_snv,
    drift,
    make_deletion,
    make_insertion,
    reserved,
    stream,
    tract_positions,
)
from mitotransfer.simulate.library import Library, Source
from mitotransfer.simulate.molecules import in_portion, of_cells, sampled, spread, spread_deletion
from mitotransfer.simulate.noise import Noise, SampleNoise, cohort_noise, sample_noise
from mitotransfer.simulate.sample_truth import SampleTruth, admixed, scaled, swapped
from mitotransfer.simulate.scenario import PatientPlan, SamplePlan, Scenario, SomaticPlan

DEFAULT_COPY_RATIO = 5.0  # tumour over immune cell, where the scenario gives no copies
MAX_AVOIDED = 4000  # positions of a batch's haplotypes that somatic variants avoid
SPACING = 20  # bases between a heteroplasmy and other variants of the person


@lru_cache(maxsize=1)
def default_reference() -> Reference:
    """rCRS as bundled."""
    return load(bundled())


@dataclass(frozen=True)
class PatientTruth:
    """One patient's alleles: the tumour's own, those of all tissues, the haplotype."""

    plan: PatientPlan
    clade: str
    haplotype: Sequence[Variant]
    donor_haplotype: Sequence[Variant]  # of the tumour; another person's if allogeneic
    somatic: Sequence[Variant]
    inherited: Sequence[Variant]  # VAF before drift
    stranger: Sequence[Variant] = ()  # haplotype of somebody outside the cohort


@dataclass(frozen=True)
class Truth:
    """A whole cohort, before any read or count is drawn."""

    scenario: Scenario
    seed: int
    reference: Reference
    noise: Noise
    patients: Mapping[str, PatientTruth]
    samples: Mapping[str, SampleTruth]
    numts: Sequence[Numt]
    batches: Mapping[str, Sequence[str]]

    def stream(self, *labels: object) -> np.random.Generator:
        """A generator of this cohort for one purpose."""
        return stream(self.seed, *labels)

    def drawn_as(self, sample: str) -> str:
        """The sample of these reads: another one if it is a copy."""
        return self.samples[sample].plan.copy_of or sample

    def rates(self, sample: str) -> SampleNoise:
        """The sample's own error rates."""
        return sample_noise(self.noise, self.stream("rates", sample))

    def library(self, sample: str, numts: bool = True) -> Library:
        """A sample's library: its molecules and its own error rates."""
        sources = self.sources(sample, numts)
        return Library(sources, self.reference, self.noise, self.rates(sample))

    def sources(self, sample: str, numts: bool = True) -> list[Source]:
        """Pools of a sample's reads: its own molecules, nuclear copies, hopped reads.

        Index hopping adds pairs of the other samples of the batch in proportion to their depth,
        without their nuclear copies.
        """
        truth = self.samples[sample]
        sequencing = self.noise.sequencing
        others = [name for name in self.batches.get(truth.batch, ()) if name != sample]
        hop = sequencing.index_hopping if others else 0.0
        nuclear = sequencing.numt_share if numts and self.numts else 0.0
        sources = scaled(truth.sources, 1 - hop - nuclear)
        bases = sum(numt.length for numt in self.numts)
        if nuclear:
            sources += [
                Source(
                    nuclear * numt.length / bases, numt.variants, "numt", (numt.start, numt.length)
                )
                for numt in self.numts
            ]
        if hop:
            total = sum(self.samples[name].depth for name in others)
            for name in others:
                other = self.samples[name]
                sources += scaled(other.sources, hop * other.depth / total, f"hop {name}")
        return sources


def contamination_share(tumor_cells: float, copy_ratio: float) -> float:
    """Share of the mtDNA that tumour cells bring: c r / (c r + 1 - c)."""
    return tumor_cells * copy_ratio / (tumor_cells * copy_ratio + 1 - tumor_cells)


def draw_truth(scenario: Scenario, seed: int, reference: Reference | None = None) -> Truth:
    """Draw the truth of a cohort.

    Every person, patient and sample has a random stream of its own, so that a patient does not
    depend on the rest of the cohort. One exception: somatic variants avoid the haplotypes of the
    batch, because hopped reads would look like them.

    Raises:
        ValueError: if the scenario asks for variants that do not fit the reference.
    """
    reference = reference or default_reference()
    cohort = _Cohort.draw(scenario, seed, reference)
    patients = {plan.patient: cohort.patient(plan) for plan in scenario.patients}
    plans = {plan.sample: (patient.patient, plan)
             for patient in scenario.patients for plan in patient.samples}  # fmt: skip
    samples = {
        name: cohort.sample(patients[patient], plan) for name, (patient, plan) in plans.items()
    }
    drawn = dict(samples)
    for sample, (_, plan) in plans.items():
        if plan.admixed:
            parts = [(share, drawn[name]) for name, share in plan.admixed.items()]
            samples[sample] = admixed(drawn[sample], parts)
    drawn = dict(samples)
    for sample, (_, plan) in plans.items():
        if real := plan.swapped_with or plan.copy_of:
            samples[sample] = swapped(drawn[sample], drawn[real])
    batches: dict[str, list[str]] = {}
    for name, truth in samples.items():
        if truth.batch:
            batches.setdefault(truth.batch, []).append(name)
    return Truth(scenario, seed, reference, cohort.noise, patients, samples, cohort.numts, batches)


def _people(patient: PatientPlan) -> list[str]:
    """The person of the immune cells, that of the tumour if another, and a stranger."""
    donor = [f"{patient.patient} tumour donor"] if patient.design == "allogeneic" else []
    strange = any(sample.stranger for sample in patient.samples)
    return [patient.patient, *donor, *([f"{patient.patient} stranger"] if strange else [])]


@dataclass(frozen=True)
class _Cohort:
    """Draws for the whole cohort, then for its patients and samples.

    Attributes:
        people: clade and haplotype of every person.
        taken: positions that variants of a batch avoid.
    """

    scenario: Scenario
    seed: int
    reference: Reference
    noise: Noise
    numts: Sequence[Numt]
    people: Mapping[str, tuple[str, list[Variant]]]
    taken: Mapping[str, set[int]]

    @classmethod
    def draw(cls, scenario: Scenario, seed: int, reference: Reference) -> _Cohort:
        """Draw people, nuclear copies, error hot spots and the positions to avoid."""
        haplotypes = Haplotypes(reference, seed)
        people: dict[str, tuple[str, list[Variant]]] = {}
        for patient in scenario.patients:
            own, *others = _people(patient)
            people[own] = haplotypes.person(own, patient.clade)
            people.update((name, haplotypes.person(name)) for name in others)
        chosen = {v.pos for patient in scenario.patients for v in patient.somatic if v.pos}
        chosen |= {v.pos for patient in scenario.patients for v in patient.inherited if v.pos}
        numts = draw_numts(
            stream(seed, "numts"),
            reference,
            haplotypes.taken,
            n=scenario.sequencing.numt_segments,
            lengths=scenario.sequencing.numt_length,
            divergence=scenario.sequencing.numt_divergence,
        )
        diverged = {variant.pos for numt in numts for variant in numt.variants}
        noise = cohort_noise(scenario.sequencing, reference, seed, haplotypes.taken | diverged)
        spots = tuple(spot for spot in noise.hot_spots if spot.pos not in chosen)
        noise = replace(noise, hot_spots=spots)
        avoided = (
            diverged
            | {spot.pos for spot in spots}
            | reserved(tract_positions(reference), SPACING, reference.length)
        )
        avoided |= {1, 2, 3}  # an indel needs an anchor
        fixed: dict[str, set[int]] = {}
        for patient in scenario.patients:
            positions = {v.pos for name in _people(patient) for v in people[name][1]}
            fixed.setdefault(patient.batch, set()).update(positions)
        # The haplotypes of a very large batch would leave no room.
        taken = {
            batch: avoided | (positions if len(positions) < MAX_AVOIDED else set())
            for batch, positions in fixed.items()
        }
        return cls(scenario, seed, reference, noise, numts, people, taken)

    def patient(self, plan: PatientPlan) -> PatientTruth:
        """Draw a patient's variants."""
        rng = stream(self.seed, "variants", plan.patient)
        clade, haplotype = self.people[plan.patient]
        of_all = {name: self.people[name][1] for name in _people(plan)}
        donor = of_all.get(f"{plan.patient} tumour donor", haplotype)
        stranger = of_all.get(f"{plan.patient} stranger", [])
        near = reserved(
            (v.pos for v in (*haplotype, *donor, *stranger)), SPACING, self.reference.length
        )
        deletions = [s.deletion for s in plan.samples if s.deletion]
        ends = [pos for one in deletions for pos in (one.start, one.end)]
        near |= reserved(ends, SPACING, self.reference.length)
        taken = self.taken[plan.batch]
        somatic = []
        for wish in plan.somatic:
            variant = self._somatic(rng, wish, taken, near)
            near |= reserved([variant.pos], SPACING, self.reference.length)
            somatic.append(variant)
        inherited = []
        for entry in plan.inherited:
            pos = entry.pos or draw_positions(rng, 1, taken | near, self.reference)[0]
            inherited.append(draw_snv(rng, self.reference, pos, entry.vaf, "inherited"))
            near |= reserved([pos], SPACING, self.reference.length)
        return PatientTruth(plan, clade, haplotype, donor, somatic, inherited, stranger)

    def _somatic(
        self, rng: np.random.Generator, wish: SomaticPlan, taken: set[int], near: set[int]
    ) -> Variant:
        if wish.hot_spot:
            spots = [spot for spot in self.noise.hot_spots if spot.pos not in near]
            if not spots:
                raise ValueError("no error hot spot is left for a somatic variant")
            spot = spots[int(rng.integers(len(spots)))]
            return Variant(spot.pos, spot.ref, spot.alt, wish.vaf, "somatic")
        pos = wish.pos or draw_positions(rng, 1, taken | near, self.reference)[0]
        if wish.type == "deletion":
            return make_deletion(self.reference, pos, wish.vaf, "indel")
        if wish.type == "insertion":
            base = str(rng.choice(list(BASES)))
            return make_insertion(self.reference, pos, base, wish.vaf, "indel")
        return draw_snv(rng, self.reference, pos, wish.vaf, "somatic")

    def sample(self, patient: PatientTruth, plan: SamplePlan) -> SampleTruth:
        """Draw one library by its plan, before admixtures and swaps."""
        own = self._tissue(patient, plan) + self._private(patient, plan)
        transfer, contamination, length = 0.0, 0.0, self.reference.length
        sources = pool(1.0, own, "own", plan.deletion, length)
        if plan.transfer or plan.tumor_cells or plan.ambient:
            tumor = next(p for p in patient.plan.samples if p.role == "tumor")
            ratio = DEFAULT_COPY_RATIO
            brought = plan.tumor_cell_copies or tumor.mtdna_copies
            if brought and plan.mtdna_copies:
                ratio = brought / plan.mtdna_copies
            cells = in_portion(plan, "mtDNA", self.seed)
            contamination = contamination_share(cells / tumor.true_purity, ratio)
            contamination += plan.ambient * (1 - contamination)
            transfer = plan.transfer * (1 - contamination)
            foreign = transfer + contamination
            came = self._tissue(patient, tumor)
            sources = pool(1 - foreign, own, "own", plan.deletion, length)
            if plan.cell_vafs or plan.composition:
                rng = stream(self.seed, "composition", plan.sample)
                of_contamination = of_cells(came, patient.somatic, plan.cell_vafs)
                parts = ((transfer, came), (contamination, of_contamination))
                for share, variants in parts:
                    given = spread(variants, plan.composition, rng)
                    deletion = spread_deletion(tumor.deletion, plan.composition, rng)
                    sources += pool(share, given, "tumor", deletion, length)
            else:
                sources += pool(foreign, came, "tumor", tumor.deletion, length)
        left = 1 - plan.stranger
        if plan.stranger:
            sources = scaled(sources, left)
            sources.append(Source(plan.stranger, sorted(patient.stranger), "stranger"))
        if plan.molecules:
            rng = stream(self.seed, "molecules", plan.sample)
            sources = sampled(sources, plan.molecules, rng)
        sources = by_fragments(sources, length)
        return SampleTruth(
            sample=plan.sample,
            patient=patient.plan.patient,
            person=patient.plan.patient,
            role=plan.role,
            batch=patient.plan.batch,
            depth=plan.depth or self.scenario.depth[plan.role],
            sources=sources,
            length=length,
            transfer=transfer * left,
            contamination=contamination * left,
            tumor_cells=(plan.true_purity if plan.role == "tumor" else plan.tumor_cells) * left,
            plan=plan,
        )

    def _private(self, patient: PatientTruth, plan: SamplePlan) -> list[Variant]:
        """Variants that only this sample has."""
        rng = stream(self.seed, "private", plan.sample)
        theirs = (*patient.haplotype, *patient.somatic, *patient.inherited)
        used = self.taken[patient.plan.batch] | reserved(
            (v.pos for v in theirs), SPACING, self.reference.length
        )
        positions = draw_positions(rng, len(plan.private), used, self.reference)
        return [
            draw_snv(rng, self.reference, pos, vaf, "private")
            for pos, vaf in zip(positions, plan.private, strict=True)
        ]

    def _tissue(self, patient: PatientTruth, plan: SamplePlan) -> list[Variant]:
        """Alleles of a tissue's own molecules: haplotype, drifted heteroplasmies, somatic."""
        rng = stream(self.seed, "drift", plan.sample)
        variance = self.scenario.drift[plan.role]
        inherited = [v._replace(vaf=drift(rng, v.vaf, variance)) for v in patient.inherited]
        if plan.role == "tumor":
            return [*patient.donor_haplotype, *patient.somatic, *inherited]
        hidden = [
            v._replace(vaf=drift(rng, wish.hidden, variance))
            for v, wish in zip(patient.somatic, patient.plan.somatic, strict=True)
            if wish.hidden
        ]
        return [*patient.haplotype, *inherited, *hidden]
