"""Tables of the associations. They stand apart from what computes them, which loads lifelines."""

from __future__ import annotations

from mitotransfer.table_files import Column, Table

#: What a test found.
EFFECT = (
    Column("test", "Name of the test; empty where numbers are too small."),
    Column("measure", "What the effect is measured in."),
    Column("effect", "Effect size.", float),
    Column("effect_low", "Lower bound.", float),
    Column("effect_high", "Upper bound.", float),
    Column("p_value", "Empty where numbers are too small.", float),
    Column("q_value", "Benjamini-Hochberg within the family.", float),
)

ASSOCIATIONS = Table(
    "cohort/associations.tsv",
    "Associations of the tumour fraction, and of survival.",
    (
        Column("family", "Tests that are adjusted together."),
        Column("outcome", "What is associated."),
        Column("variable", "With what."),
        Column("comparison", "Groups or times compared."),
        Column("n", "Patients.", int),
        Column("events", "Deaths, for survival.", int, optional=True),
        Column("groups", "Their names and sizes."),
        *EFFECT,
        Column("note", "Why there is no p value, or a caveat."),
    ),
)

SURVIVAL = Table(
    "cohort/survival.tsv",
    "Kaplan-Meier curves.",
    (
        Column("family", "As in associations.tsv."),
        Column("variable", "As in associations.tsv."),
        Column("group", "Group of patients."),
        Column("months", "Time.", float, unit="months"),
        Column("at_risk", "Patients at risk.", int),
        Column("deaths", "At this time.", int),
        Column("censored", "At this time.", int),
        Column("survival", "Estimated share alive.", float),
        Column("survival_low", "Lower bound.", float),
        Column("survival_high", "Upper bound.", float),
    ),
)
