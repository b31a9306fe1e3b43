"""What the Snakefile asks for.

In: The configuration as Snakemake merged it.
Out: The checked cohort, words of command lines, checksums of code, messages.
May import the root modules, `inputs` and `genome`.
"""
