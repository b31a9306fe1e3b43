# Counts stage.
# In:     {sample}.bam
# Out:    {sample}.counts.npz (fragments per position, allele and strand), {sample}.qc.json
# Config: counting


rule count_alleles:
    """Count each fragment once per position, allele and strand."""
    input:
        bam=rules.align_reads.output.bam,
        fasta=REFERENCE,
    output:
        counts="<results>/samples/{sample}/{sample}.counts.npz",
        qc="<results>/samples/{sample}/{sample}.qc.json",
    log:
        "<results>/logs/count_alleles/{sample}.log",
    benchmark:
        "<results>/benchmarks/count_alleles/{sample}.tsv"
    conda:
        "../envs/counts.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, input, attempt: attempt * (10 + int(input.size_mb / 50)),
    params:
        script=script("count_alleles"),
        code=code("count_alleles"),
        options=setup.options(config["counting"]),
    shell:
        "python {params.script:q} --sample {wildcards.sample:q} --bam {input.bam:q}"
        " --reference {input.fasta:q} {params.options:q}"
        " --counts {output.counts:q} --qc {output.qc:q} 2> {log:q}"
