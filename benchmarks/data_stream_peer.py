"""MosaicML Streaming's side of data_stream.py, in its own environment: `write`, `stream` or `resume`."""

import json
import sys
import time
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np


def without_vision() -> None:
    """Where torchvision does not fit the CPU build of torch, its image data sets are left out: streaming
    imports them on the way, and none are used here."""
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        held = {"": {}, ".datasets": {"VisionDataset": object, "CIFAR10": object}, ".transforms": {}}
        for name, attributes in (held | {".transforms.functional": {"to_tensor": None}}).items():
            sys.modules[f"torchvision{name}"] = ModuleType(f"torchvision{name}")
            # Whether a package is there is asked by its spec.
            sys.modules[f"torchvision{name}"].__spec__ = ModuleSpec(f"torchvision{name}", None, is_package=True)
            vars(sys.modules[f"torchvision{name}"]).update(attributes)


def write(folder: str) -> dict[str, float]:
    from streaming import MDSWriter

    samples = np.load(f"{folder}/samples.npy")
    with MDSWriter(out=f"{folder}/mds", columns={"tokens": f"ndarray:uint16:{samples.shape[1]}"}) as out:
        for tokens in samples:
            out.write({"tokens": tokens})
    return {"samples": len(samples)}


def stream(folder: str, workers: int, batch_size: int, epochs: int) -> dict[str, float]:
    import torch
    from streaming import StreamingDataLoader, StreamingDataset
    from streaming.base.util import clean_stale_shared_memory

    clean_stale_shared_memory()
    dataset = StreamingDataset(local=f"{folder}/mds", shuffle=True, shuffle_seed=17, batch_size=batch_size)
    loader = StreamingDataLoader(dataset, batch_size=batch_size, num_workers=workers, persistent_workers=workers > 0)
    total, tokens, started = 0, 0, 0.0
    for epoch in range(epochs):
        if epoch == 1:
            total, tokens, started = 0, 0, time.perf_counter()
        for batch in loader:
            total += int(batch["tokens"][:, 0].to(torch.int64).sum())
            tokens += batch["tokens"].numel()
    return {"tokens_per_s": tokens / (time.perf_counter() - started), "sum": total / (epochs - 1)}


def resume(num_samples: int) -> dict[str, float]:
    """The order of one epoch, as a resumed run computes it: partitions, then the shuffle of shards of 16,384."""
    from streaming.base.partition import get_partitions
    from streaming.base.shuffle import get_shuffle

    started = time.perf_counter()
    partitions = get_partitions("relaxed", num_samples, 1, 1, 8, 1, 2, 0)
    shards = np.full(num_samples // 16384, 16384)
    shards = np.append(shards, num_samples - shards.sum())
    shuffle = get_shuffle("py1e", shards, 1, 17, 0, 1 << 18)
    np.where(partitions == -1, -1, shuffle[partitions])
    return {"ms": 1000 * (time.perf_counter() - started)}


if __name__ == "__main__":
    without_vision()
    what, *arguments = sys.argv[1:]
    if what == "stream":
        print(json.dumps(stream(arguments[0], *map(int, arguments[1:]))))
    else:
        print(json.dumps(write(arguments[0]) if what == "write" else resume(int(arguments[0]))))
