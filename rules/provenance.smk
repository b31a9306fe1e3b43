# Provenance stage.
# In:     all results of the other stages, and their code
# Out:    {results}/provenance.json
# Config: all, as a record


rule write_provenance:
    """Record the origin of the results: versions, configuration, command, checksums."""
    input:
        samples=rules.write_sheets.output.samples,
        config=rules.write_config.output,
        checksums=of_all_samples("<results>/samples/{sample}/{sample}.checksums.tsv"),
        haplogroups=(
            of_all_samples(rules.classify_haplogroup.output)
            if config["haplogroup"]["tree"]
            else []
        ),
        tables=[
            *rules.write_sheets.output,
            *rules.write_config.output,
            *rules.cohort_background.output,
            *rules.assess_cohort.output,
            *rules.associate_cohort.output,
            *(rules.classify_foreign.output if config["haplogroup"]["tree"] else []),
            *rules.summarise_qc.output,
        ],
        report=rules.render_report.output,
    output:
        "<results>/provenance.json",
    log:
        "<results>/logs/write_provenance.log",
    conda:
        "../envs/cohort.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, input, attempt: attempt * (10 + len(input.checksums) // 100),
    params:
        script=script("write_provenance"),
        code=code("write_provenance"),
        workflow=lambda wildcards, input: os.path.relpath(WORKFLOW),
        results=lambda wildcards, input: str(Path(input.samples).parents[1]),
        sheets=lambda wildcards, input: setup.sheets(config),
        inputs=lambda wildcards, input: setup.reference_files(config),
    shell:
        "python {params.script:q} --workflow {params.workflow:q} --results {params.results:q}"
        " --samples {input.samples:q} --config-json {input.config:q} --tables {input.tables:q}"
        " --sheets {params.sheets:q} --inputs {params.inputs:q} --threads {threads}"
        " --output {output:q} 2> {log:q}"
