"""Write the sheets for the cohort's steps: a row per sample, checked and sorted.

In:  the user's sheets of samples and patients
Out: TSV with one row per sample (by patient, role, name), TSV with one row per patient
"""

import argparse

from mitotransfer import command
from mitotransfer.inputs.settings import Cohort
from mitotransfer.inputs.sheets import patient_table, read_cohort, sample_table
from mitotransfer.inputs.user_tables import write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", required=True, metavar="TSV")
    parser.add_argument("--patients", metavar="TSV")
    command.add_settings(parser, Cohort)
    parser.add_argument("--output-samples", required=True, metavar="TSV")
    parser.add_argument("--output-patients", required=True, metavar="TSV")
    args = parser.parse_args()
    cohort = read_cohort(args.samples, args.patients, args.covariates)
    write_table(sample_table(cohort), args.output_samples)
    write_table(patient_table(cohort), args.output_patients)


if __name__ == "__main__":
    command.run(main)
