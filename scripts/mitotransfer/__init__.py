"""Tumour-derived mitochondrial DNA in tumour-infiltrating immune cells.

Modules stand in the order in which data flows: sheets, reference, reads,
counts, error model, calls, annotation, informative variants, fraction,
contamination, crosstalk, identity, explanations, verdict, cohort, report.
A module imports only from modules before it.
"""

__version__ = "0.1.0"
