"""From allele counts to calls: SNVs and indels, annotated, with the reason for each allele.

In: Counts and error rates of one sample.
Out: Calls as a table and VCF; what was tested.
May import the stages up to `errors`.
"""
