"""Estimate from all samples of a cohort: site-specific errors, identity, index cross-talk."""

from __future__ import annotations

import argparse
from pathlib import Path

from mitotransfer import command, table_files
from mitotransfer.cohort import background, sample_files, shared_reads
from mitotransfer.cohort.crosstalk_table import CROSSTALK
from mitotransfer.cohort.identity import IDENTITY
from mitotransfer.cohort.species_table import SPECIES_TABLE, species_table
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs import checksums
from mitotransfer.inputs.settings import Crosstalk, Fraction, Identity, Qc, Settings


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="normalised sheet of samples")
    parser.add_argument("--patients", required=True, help="normalised sheet of patients")
    parser.add_argument("--samples-folder", required=True, help="folder with a folder per sample")
    reference.add_bundle_option(parser)
    command.add_settings(parser, Crosstalk)
    command.add_settings(parser, Identity)
    command.add_settings(parser, Qc)
    command.add_settings(parser, Fraction, "confidence")
    parser.add_argument("--background", required=True, help="output .npz")
    parser.add_argument("--identity", required=True, help="output .tsv")
    parser.add_argument("--crosstalk", required=True, help="output .tsv")
    parser.add_argument("--species", help="output .tsv, of a cohort of two species")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    genome = bundle.load(arguments.bundle)
    samples = table_files.read_sheet(arguments.samples)
    folder = Path(arguments.samples_folder)
    lists = {name: folder / name / f"{name}.checksums.tsv" for name in samples["sample"]}
    inputs = {name: checksums.read(path) for name, path in lists.items() if path.is_file()}
    designs = sample_files.designs_of(table_files.read_sheet(arguments.patients))
    cohort = sample_files.CohortReader(
        samples, designs, *sample_files.loaders(arguments.samples_folder)
    )
    settings = Settings(
        identity=command.settings(Identity, arguments),
        crosstalk=command.settings(Crosstalk, arguments),
        qc=command.settings(Qc, arguments),
        fraction=Fraction(confidence=arguments.confidence),
    )
    learned, identity, crosstalk = background.learn(
        cohort,
        ~genome.artefact,
        genome.circle,
        settings,
        same_files=shared_reads.same_files(inputs),
    )
    learned.save(arguments.background)
    IDENTITY.write(identity, arguments.identity)
    CROSSTALK.write(crosstalk, arguments.crosstalk)
    if arguments.species:
        SPECIES_TABLE.write(species_table(cohort, arguments.confidence), arguments.species)


if __name__ == "__main__":
    command.run(main)
