# Data: sources to packed tokens, problems. No torch.
# docker build -f dockerfiles/data.Dockerfile -t ghcr.io/model-factory/data:latest requirements
# `make bases-pin` writes the base's digest here.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM ${BASE}

# Dependencies only, and only from the lock. Our own code comes with every registration: were it installed
# here as well, the copy in site-packages would silently win over a registered edit.
COPY data.txt /tmp/data.txt
RUN pip install --no-cache-dir --disable-pip-version-check -r /tmp/data.txt && rm /tmp/data.txt

# Flyte unpacks the code into /root and runs from there, so the user owns it.
RUN useradd --uid 1000 --home-dir /root --no-create-home factory && chown factory: /root
USER factory
WORKDIR /root
ENV PYTHONPATH=/root:/root/lib \
    PYTHONUNBUFFERED=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    HF_HUB_OFFLINE=1
