"""Statistics without biology.

In: Counts and p values.
Out: Densities, intervals, tests, false discovery rates.
May import the root modules.
"""
