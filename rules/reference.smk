# Reference stage.
# In:     reference.bundle
# Out:    {results}/reference/circle.* (aligner index of the extended circle), chrM.fa for IGV and other tools;
#         numba's cache
# Config: reference.bundle, reference.host_bundle, reference.decoy_fasta, reads.extension


rule index_reference:
    """Index the circular genome, extended for reads across the origin."""
    input:
        bundle=BUNDLE,
        host=HOST,
        decoy=config["reference"]["decoy_fasta"] or [],
    output:
        multiext(
            "<results>/reference/circle", ".0123", ".alt", ".amb", ".ann", ".bwt.2bit.64", ".pac"
        ),
        fasta="<results>/reference/chrM.fa",
        fai="<results>/reference/chrM.fa.fai",
    log:
        "<results>/logs/index_reference.log",
    conda:
        "../envs/reads.yaml"
    resources:
        # Measured: 80 to 180 MB and 3 to 5 s for each million bases of decoy.
        mem_mb=lambda wildcards, attempt: attempt * (1000 + 120 * DECOY_MEGABYTES),
        runtime=lambda wildcards, attempt: attempt * (10 + DECOY_MEGABYTES // 5),
    params:
        script=script("index_reference"),
        code=code("index_reference"),
        extension=config["reads"]["extension"],
        prefix=subpath(output[0], strip_suffix=".0123"),
        decoy=lambda wildcards, input: ["--decoy", input.decoy] if input.decoy else [],
        host=HOST_WORDS,
    shell:
        "python {params.script:q} --bundle {input.bundle:q} --extension {params.extension}"
        " {params.decoy:q} {params.host:q}"
        " --output {params.prefix:q} --fasta {output.fasta:q} 2> {log:q}"


rule compile_kernels:
    """Compile the code of the samples' steps once, not in each of several parallel jobs."""
    output:
        "<results>/reference/kernels.done",
    log:
        "<results>/logs/compile_kernels.log",
    conda:
        "../envs/reads.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        # Not its code: edited kernels are compiled at their first call.
        script=script("compile_kernels"),
        long_reads="--long-reads" if words.has_long_reads(COHORT) else "",
    shell:
        "python {params.script:q} {params.long_reads} --output {output:q} 2> {log:q}"
