"""Evidence from all samples of one patient.

In: Counts and calls of the samples of one patient.
Out: Informative variants, evidence, contamination by tumour cells.
May import the stages up to `calls`, and `fraction`.
"""
