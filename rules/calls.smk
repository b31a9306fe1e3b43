# Calls stage.
# In:     {sample}.counts.npz
# Out:    {sample}.vcf.gz, .tbi, {sample}.calls.tsv (tidy), {sample}.errors.json (error rates),
#         {sample}.tested.tsv.gz (why each base at each position was or was not called),
#         {sample}.junctions.tsv (deletions and duplications, with their shares),
#         {sample}.hsd (fixed differences, for tools that name haplogroups);
#         {sample}.haplogroup.tsv where a tree is configured
# Config: calling, fraction.confidence, reference.error_panel, haplogroup.tree


PANEL = config["reference"]["error_panel"] or []


rule call_variants:
    """Call heteroplasmies and fixed variants against the sample's own error rates."""
    input:
        counts=rules.count_alleles.output.counts,
        bundle=BUNDLE,
        panel=PANEL,
    output:
        vcf="<results>/samples/{sample}/{sample}.vcf.gz",
        tbi="<results>/samples/{sample}/{sample}.vcf.gz.tbi",
        calls="<results>/samples/{sample}/{sample}.calls.tsv",
        errors="<results>/samples/{sample}/{sample}.errors.json",
        tested="<results>/samples/{sample}/{sample}.tested.tsv.gz",
        junctions="<results>/samples/{sample}/{sample}.junctions.tsv",
        haplotype="<results>/samples/{sample}/{sample}.hsd",
    log:
        "<results>/logs/call_variants/{sample}.log",
    benchmark:
        "<results>/benchmarks/call_variants/{sample}.tsv"
    conda:
        "../envs/calls.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        script=script("call_variants"),
        code=code("call_variants"),
        panel=["--panel", PANEL] if PANEL else [],
        options=words.options(config["calling"]) + words.options(config["fraction"], "confidence"),
    shell:
        "python {params.script:q} --sample {wildcards.sample:q} --counts {input.counts:q}"
        " --bundle {input.bundle:q} {params.panel:q} {params.options}"
        " --errors {output.errors:q} --calls {output.calls:q} --vcf {output.vcf:q}"
        " --tested {output.tested:q} --junctions {output.junctions:q}"
        " --haplotype {output.haplotype:q} 2> {log:q}"


rule classify_haplogroup:
    """Name the haplogroup with haplogrep3; without the tool the table has no rows."""
    input:
        hsd=rules.call_variants.output.haplotype,
    output:
        "<results>/samples/{sample}/{sample}.haplogroup.tsv",
    log:
        "<results>/logs/classify_haplogroup/{sample}.log",
    conda:
        "../envs/haplogroup.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        tree=config["haplogroup"]["tree"],
    shell:
        CLASSIFY
