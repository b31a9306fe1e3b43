# Counts stage.
# In:     {sample}.bam, or without reads.keep_bam the reads themselves; for nuclear reads, a
#         sample's own BAM or CRAM and its nuclear_vcf
# Out:    {sample}.counts.npz (fragments per position, allele and strand), {sample}.qc.json,
#         {sample}.nuclear_counts.tsv, {sample}.mtdna_copies.tsv
# Config: counting, reads, reference.primer_bed, reference.cram_fasta


if config["reads"]["keep_bam"]:

    rule count_alleles:
        """Count each fragment once per position, allele and strand."""
        input:
            bam=rules.align_reads.output.bam,
            fasta=REFERENCE,
            primers=primers,
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
            mem_mb=lambda wildcards, attempt: attempt * (800 + megabytes(wildcards) // 10),
            runtime=lambda wildcards, attempt: attempt * (10 + megabytes(wildcards) // 50),
        params:
            script=script("count_alleles"),
            code=code("count_alleles"),
            options=words.options(config["counting"]),
            primers=primer_words,
        shell:
            "python {params.script:q} --sample {wildcards.sample:q} --bam {input.bam:q}"
            " --reference {input.fasta:q} {params.options} {params.primers:q}"
            " --counts {output.counts:q} --qc {output.qc:q} 2> {log:q}"

else:

    rule count_alleles:
        """Align a sample's reads and count each fragment once per position, allele and strand."""
        input:
            reads=reads,
            index=rules.index_reference.output[0],
            fasta=REFERENCE,
            cram_fasta=CRAM_FASTA,
            primers=primers,
        output:
            counts="<results>/samples/{sample}/{sample}.counts.npz",
            qc="<results>/samples/{sample}/{sample}.qc.json",
            checksums="<results>/samples/{sample}/{sample}.checksums.tsv",
        log:
            "<results>/logs/count_alleles/{sample}.log",
        benchmark:
            "<results>/benchmarks/count_alleles/{sample}.tsv"
        conda:
            "../envs/quick.yaml"
        threads: lambda wildcards: 4 if megabytes(wildcards) > 200 else 1
        resources:
            mem_mb=lambda wildcards, threads, attempt: (
                attempt * (1000 + 300 * threads + megabytes(wildcards) // 5 + 10 * DECOY_MEGABYTES)
            ),
            runtime=lambda wildcards, attempt: attempt * (20 + megabytes(wildcards) // 20),
        params:
            script=script("count_reads"),
            code=code("count_reads"),
            reads=lambda wildcards: words.align_words(COHORT, wildcards.sample),
            cram=CRAM_WORDS,
            options=words.options(config["reads"], "extension", "batch_size")
            + words.options(config["counting"]),
            primers=primer_words,
        shell:
            "python {params.script:q} --sample {wildcards.sample:q} {params.reads:q}"
            " --index {input.index:q} --reference {input.fasta:q} {params.cram:q} {params.options}"
            " {params.primers:q} --threads {threads}"
            " --counts {output.counts:q} --qc {output.qc:q}"
            " --checksums {output.checksums:q} 2> {log:q}"


rule count_nuclear:
    """Count somatic nuclear SNVs in a sample's own BAM, and estimate its mtDNA copies per cell."""
    input:
        reads=reads,
        vcf=lambda wildcards: COHORT.samples[wildcards.sample].fields["nuclear_vcf"] or [],
        cram_fasta=CRAM_FASTA,
    output:
        counts="<results>/samples/{sample}/{sample}.nuclear_counts.tsv",
        copies="<results>/samples/{sample}/{sample}.mtdna_copies.tsv",
    log:
        "<results>/logs/count_nuclear/{sample}.log",
    benchmark:
        "<results>/benchmarks/count_nuclear/{sample}.tsv"
    conda:
        "../envs/reads.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: attempt * (1000 + megabytes(wildcards) // 20),
        runtime=lambda wildcards, attempt: attempt * (30 + megabytes(wildcards) // 100),
    params:
        script=script("count_nuclear"),
        code=code("count_nuclear"),
        reads=lambda wildcards: words.nuclear_words(COHORT, wildcards.sample),
        cram=CRAM_WORDS,
        options=words.options(config["counting"], "min_base_quality", "min_mapping_quality"),
    shell:
        "python {params.script:q} --sample {wildcards.sample:q} {params.reads:q} {params.cram:q}"
        " {params.options} --nuclear-counts {output.counts:q} --mtdna-copies {output.copies:q}"
        " 2> {log:q}"
