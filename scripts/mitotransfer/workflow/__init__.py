"""Functions that the Snakefile calls.

In: The configuration as Snakemake merged it.
Out: The checked cohort, words of command lines, checksums of code, messages.
May import the root modules, `inputs` and `genome`.
"""
