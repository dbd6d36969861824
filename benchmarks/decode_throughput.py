"""Decoding on the laptop card's model: our loop against `transformers`' generate, one thread, CPU seconds.

    .venv/bin/python benchmarks/decode_throughput.py

256 prompts of 30–50 tokens, 48 new tokens each, greedy; and what reinforcement asks for, 16 prompts
with 16 samples each, which generate serves by reading every prompt 16 times (num_return_sequences).
CPU seconds, not wall clock: a busy machine does not favour whoever runs second.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import LlamaForCausalLM

from model_factory.inference.transformers_engine import TransformersEngine
from model_factory.model import Transformer, hf
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture
from model_factory.nouns.engine import Sampling

RUNS, NUM_NEW = 5, 48
RESULTS = Path(__file__).parent / "results" / "posttraining-decode_throughput.json"
ARCHITECTURE = Architecture(
    vocab_size=2048,
    num_layers=4,
    hidden_size=192,
    num_heads=6,
    num_kv_heads=2,
    ffn_size=512,
    rope_theta=10000.0,
    norm_eps=1e-5,
    context_length=256,
    tie_embeddings=True,
)


class Peer:
    """LlamaForCausalLM.generate on a left-padded batch, with the cache it chooses itself or a static one."""

    def __init__(self, model: Transformer) -> None:
        self.model = LlamaForCausalLM(hf.to_hf_config(ARCHITECTURE, 0, None)).eval()
        self.model.load_state_dict(hf.to_hf_state(model.state_dict()), strict=False)
        self.model.tie_weights()

    def generate(self, prompts: Sequence[Sequence[int]], **options: Any) -> list[list[int]]:
        longest = max(map(len, prompts))
        rows = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts])
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        options = {"max_new_tokens": NUM_NEW, "pad_token_id": 0, "eos_token_id": None, **options}
        with torch.inference_mode():
            return self.model.generate(rows, attention_mask=mask, **options)[:, longest:].tolist()


def cpu_seconds(run: Callable[[], object]) -> float:
    run()
    best = float("inf")
    for _ in range(RUNS):
        started = time.process_time()
        run()
        best = min(best, time.process_time() - started)
    return best


def main() -> None:
    torch.set_num_threads(1)
    model = initialise(Transformer(ARCHITECTURE), 0).eval()
    with torch.no_grad():
        # As sharp as a trained model's, so that greedy choices are no ties.
        for parameter in model.parameters():
            parameter.mul_(4 if parameter.ndim > 1 else 1)
    ours, peer = TransformersEngine(), Peer(model)
    ours.take(model)
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(30, 50, (256,), generator=generator).tolist()
    prompts = [torch.randint(2, 2048, (length,), generator=generator).tolist() for length in lengths]
    greedy, group = Sampling(0.0, NUM_NEW, 0, ()), Sampling(1.0, NUM_NEW, 0, (), num_samples=16)
    written = [list(completion.token_ids) for completion in ours.generate(prompts, greedy)]
    assert written == peer.generate(prompts, do_sample=False), "the two must write the same tokens"
    measured = [
        (
            "256 prompts, greedy",
            cpu_seconds(lambda: ours.generate(prompts, greedy)),
            min(
                cpu_seconds(lambda: peer.generate(prompts, do_sample=False)),
                cpu_seconds(lambda: peer.generate(prompts, do_sample=False, cache_implementation="static")),
            ),
        ),
        (
            "16 prompts, 16 samples each",
            cpu_seconds(lambda: ours.generate(prompts[:16], group)),
            cpu_seconds(lambda: peer.generate(prompts[:16], do_sample=True, num_return_sequences=16, top_k=0)),
        ),
    ]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    rows = [
        {
            "what": what,
            "ours": round(seconds, 3),
            "peer": round(theirs, 3),
            "peer_version": f"transformers {transformers.__version__} generate, better of dynamic and static cache",
            "unit": f"CPU s for 256 × {NUM_NEW} tokens, one thread",
            "ratio": round(theirs / seconds, 2),
            "at_least": 1.0,
            "runs": RUNS,
            "hardware": f"{os.cpu_count()} cores {platform.machine()}",
            "commit": commit,
        }
        for what, seconds, theirs in measured
    ]
    for row in rows:
        print(
            f"{row['what']}: {row['ours']} s ours, {row['peer']} s {row['peer_version']}, {row['ratio']} times faster"
        )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
