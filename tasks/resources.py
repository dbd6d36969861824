"""Named resource profiles: what a kind of station asks of a machine."""

from flytekit import Resources

# The names are a station's need, not a machine's; an out-of-memory error names the next larger one.
DATA = Resources(cpu="2", mem="4Gi", ephemeral_storage="8Gi")
DATA_LARGE = Resources(cpu="8", mem="32Gi", ephemeral_storage="64Gi")
TRAIN = Resources(cpu="2", mem="6Gi", ephemeral_storage="8Gi")
TRAIN_H100 = Resources(cpu="64", mem="512Gi", gpu="8", ephemeral_storage="256Gi")
INFERENCE = Resources(cpu="2", mem="6Gi", ephemeral_storage="8Gi")
SMALL = Resources(cpu="1", mem="2Gi")

LARGER = {"DATA": "DATA_LARGE", "TRAIN": "TRAIN_H100", "SMALL": "DATA"}
