# Training: pretraining, SFT, RL, release. torch's wheels bring CUDA's libraries, the node brings the driver.
# docker build -f dockerfiles/train.Dockerfile -t ghcr.io/model-factory/train:latest requirements
# `make bases-pin` writes the base's digest here.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM ${BASE}

# bubblewrap isolates the programs that RL rewards (it needs user namespaces: a pod whose seccomp profile
# forbids unshare cannot execute them, and says so). A C compiler is what Triton needs for its launchers.
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*

# Dependencies only, and only from the lock. Our own code comes with every registration: were it installed
# here as well, the copy in site-packages would silently win over a registered edit.
COPY train.txt /tmp/train.txt
RUN pip install --no-cache-dir --disable-pip-version-check -r /tmp/train.txt && rm /tmp/train.txt

# Flyte unpacks the code into /root and runs from there, so the user owns it.
RUN useradd --uid 1000 --home-dir /root --no-create-home factory && chown factory: /root
USER factory
WORKDIR /root
ENV PYTHONPATH=/root:/root/lib \
    PYTHONUNBUFFERED=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    HF_HUB_OFFLINE=1
