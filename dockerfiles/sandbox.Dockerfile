# The sandbox: nothing but an interpreter and the wall around it, for programs nobody has read.
# docker build -f dockerfiles/sandbox.Dockerfile -t ghcr.io/model-factory/sandbox:latest requirements
# `make bases-pin` writes the base's digest here.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM ${BASE}

RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/*

# The sandbox room uses the standard library alone; the code comes with every registration.
RUN useradd --uid 1000 --home-dir /root --no-create-home factory && chown factory: /root
USER factory
WORKDIR /root
ENV PYTHONPATH=/root:/root/lib \
    PYTHONUNBUFFERED=1
