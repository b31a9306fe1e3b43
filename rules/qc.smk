# QC stage.
# In:     {sample}.qc.json of all samples
# Out:    {results}/qc/multiqc_report.html
# Config: report.title


rule summarise_qc:
    """Gather the quality of all samples in one MultiQC report."""
    input:
        samples=rules.write_sheets.output.samples,
        qc=of_all_samples(rules.count_alleles.output.qc),
    output:
        html=report(
            "<results>/qc/multiqc_report.html",
            caption="captions/multiqc.rst",
            category="Quality",
            labels={"table": "Reads of all samples (MultiQC)"},
        ),
    log:
        "<results>/logs/summarise_qc.log",
    benchmark:
        "<results>/benchmarks/summarise_qc.tsv"
    conda:
        "../envs/qc.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * (1000 + len(input.qc) // 2),
        runtime=lambda wildcards, input, attempt: attempt * (10 + len(input.qc) // 100),
    params:
        script=script("summarise_qc"),
        code=code("summarise_qc"),
        samples_folder=folder_of("qc"),
        title=config["report"]["title"],
    shell:
        "python {params.script:q} --samples {input.samples:q}"
        " --samples-folder {params.samples_folder:q} --title {params.title:q}"
        " --output {output.html:q} 2> {log:q}"
