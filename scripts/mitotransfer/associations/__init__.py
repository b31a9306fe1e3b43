"""Associations of the fraction with covariates, cell types, time and survival.

In: Verdicts and sheets.
Out: Effects with intervals and adjusted p values.
May import the stages up to `verdicts`.
"""
