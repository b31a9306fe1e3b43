# Reads and counts stage.
# In:     the files of a sample's rows (FASTQ, BAM or CRAM); for nuclear reads also its nuclear_vcf
#         and nuclear_bam
# Out:    {sample}.counts.npz (fragments per position, allele and strand), {sample}.qc.json,
#         {sample}.checksums.tsv; with reads.keep_bam {sample}.bam, .bai (rCRS coordinates, sorted);
#         {sample}.nuclear_counts.tsv, {sample}.mtdna_copies.tsv
# Config: reads, counting, reference.host_bundle, reference.primer_bed, reference.cram_fasta


# The BAM file of a sample's aligned reads, if it is kept.
BAM = (
    {
        "bam": "<results>/samples/{sample}/{sample}.bam",
        "bai": "<results>/samples/{sample}/{sample}.bam.bai",
    }
    if config["reads"]["keep_bam"]
    else {}
)


rule count_alleles:
    """Align a sample's reads and count each fragment once per position, allele and strand."""
    input:
        reads=reads,
        index=rules.index_reference.output[0],
        kernels=ancient(rules.compile_kernels.output),
        bundle=BUNDLE,
        host=HOST,
        cram_fasta=CRAM_FASTA,
        primers=primers,
    output:
        **BAM,
        counts="<results>/samples/{sample}/{sample}.counts.npz",
        qc="<results>/samples/{sample}/{sample}.qc.json",
        checksums="<results>/samples/{sample}/{sample}.checksums.tsv",
    log:
        "<results>/logs/count_alleles/{sample}.log",
    benchmark:
        "<results>/benchmarks/count_alleles/{sample}.tsv"
    wildcard_constraints:
        sample=BULK,
    conda:
        "../envs/reads.yaml"
    threads: lambda wildcards: 4 if megabytes(wildcards) > 200 else 1
    resources:
        mem_mb=lambda wildcards, threads, attempt: (
            attempt * (1000 + 300 * threads + megabytes(wildcards) // 5 + 10 * DECOY_MEGABYTES)
        ),
        runtime=lambda wildcards, attempt: attempt * (20 + megabytes(wildcards) // 20),
    params:
        script=script("count_alleles"),
        code=code("count_alleles"),
        reads=lambda wildcards: words.align_words(COHORT, wildcards.sample),
        cram=CRAM_WORDS,
        host=HOST_WORDS,
        options=words.options(config["reads"], "extension", "batch_size")
        + words.options(config["counting"]),
        primers=primer_words,
        bam=lambda wildcards, output: ["--output-bam", output.bam] if BAM else [],
        stop=stop_words,
    shell:
        "python {params.script:q} --sample {wildcards.sample:q} {params.reads:q}"
        " --index {input.index:q} --bundle {input.bundle:q} {params.host:q} {params.cram:q}"
        " {params.options} {params.primers:q} {params.stop} --threads {threads}"
        " --counts {output.counts:q} --qc {output.qc:q} {params.bam:q}"
        " --checksums {output.checksums:q} 2> {log:q}"


rule count_nuclear:
    """Count somatic nuclear SNVs in a BAM, and estimate the sample's mtDNA copies per cell."""
    input:
        reads=lambda wildcards: STORED.inputs(words.nuclear_reads(COHORT, wildcards.sample)),
        vcf=lambda wildcards: COHORT.samples[wildcards.sample].fields["nuclear_vcf"] or [],
        bundle=BUNDLE,
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
        stop=stop_words,
    shell:
        "python {params.script:q} --sample {wildcards.sample:q} {params.reads:q} {params.cram:q}"
        " --bundle {input.bundle:q} {params.options} {params.stop} --nuclear-counts {output.counts:q} --mtdna-copies {output.copies:q}"
        " 2> {log:q}"
