"""Associate the tumour fraction with covariates, subsets, time and survival."""

from __future__ import annotations

import argparse

from mitotransfer import command, table_files
from mitotransfer.associations import associate, tables
from mitotransfer.associations.fractions import CohortTables
from mitotransfer.inputs.settings import Cohort, Fraction
from mitotransfer.verdicts.conclude import TRANSFER
from mitotransfer.verdicts.preparations import PREPARATIONS
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfer", required=True, help="of assess_cohort")
    parser.add_argument("--shared-variants", required=True, help="of assess_cohort")
    parser.add_argument("--preparations", required=True, help="of assess_cohort")
    parser.add_argument("--samples", required=True, help="normalised sheet of samples")
    parser.add_argument("--patients", required=True, help="normalised sheet of patients")
    command.add_settings(parser, Cohort)
    command.add_settings(parser, Fraction, "confidence")
    parser.add_argument("--associations", required=True, help="output .tsv")
    parser.add_argument("--survival", required=True, help="output .tsv of Kaplan-Meier curves")
    arguments = parser.parse_args()
    patients = table_files.read_sheet(arguments.patients, ["patient"])
    missing = [name for name in arguments.covariates if name not in patients]
    if missing:
        raise ValueError(
            f"{arguments.patients}: no column {missing[0]!r}; name columns of the patients sheet"
        )
    table, curves = associate.associate(
        CohortTables(
            TRANSFER.read_text(arguments.transfer),
            SHARED_VARIANTS.read_text(arguments.shared_variants),
            table_files.read_sheet(arguments.samples, associate.SAMPLE_COLUMNS),
            patients,
            PREPARATIONS.read_text(arguments.preparations),
        ),
        arguments.covariates,
        arguments.confidence,
    )
    tables.ASSOCIATIONS.write(table, arguments.associations)
    tables.SURVIVAL.write(curves, arguments.survival)


if __name__ == "__main__":
    command.run(main)
