# The workflow with everything that it needs, in one image:
#   docker build -t mitotransfer .
#   docker run --rm -u "$(id -u):$(id -g)" -v "$PWD":/data mitotransfer \
#       --cores 8 --config samples=samples.tsv results=results
# Apptainer takes it by: apptainer build mitotransfer.sif docker-daemon://mitotransfer:latest
FROM python:3.11-slim-bookworm

# Aligns long reads.
RUN apt-get update && apt-get install -y --no-install-recommends minimap2 \
    && rm -rf /var/lib/apt/lists/*

COPY requirements-uv.lock requirements.lock /opt/mitotransfer/
RUN python -m pip install --no-cache-dir --require-hashes -r /opt/mitotransfer/requirements-uv.lock \
    && uv pip install --system --no-cache --compile-bytecode --require-hashes \
       -r /opt/mitotransfer/requirements.lock

COPY Snakefile LICENSE CITATION.cff /opt/mitotransfer/
COPY config /opt/mitotransfer/config
COPY envs /opt/mitotransfer/envs
COPY profiles /opt/mitotransfer/profiles
COPY resources /opt/mitotransfer/resources
COPY rules /opt/mitotransfer/rules
COPY scripts /opt/mitotransfer/scripts

# Any user of the host may run it: caches are in folders that everybody can write, and Snakemake
# needs a user name, which the host's user ids lack here.
ENV HOME=/tmp LOGNAME=user NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /data
ENTRYPOINT ["snakemake", "--snakefile", "/opt/mitotransfer/Snakefile"]
CMD ["--help"]
