"""The same weights as `transformers`' LlamaForCausalLM: names and configuration, both ways."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from model_factory.nouns import Architecture

if TYPE_CHECKING:
    from transformers import LlamaConfig

_TOP = {
    "embedding.weight": "model.embed_tokens.weight",
    "norm.weight": "model.norm.weight",
    "head.weight": "lm_head.weight",
}
_BLOCK = {
    "attention_norm": "input_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj",
    "feed_forward_norm": "post_attention_layernorm",
    "feed_forward.gate": "mlp.gate_proj",
    "feed_forward.up": "mlp.up_proj",
    "feed_forward.down": "mlp.down_proj",
}


def to_hf_name(name: str) -> str:
    """The Hugging Face name of one of our weights; KeyError if it is none of ours."""
    match = re.fullmatch(r"blocks\.(\d+)\.(.+)\.weight", name)
    return f"model.layers.{match[1]}.{_BLOCK[match[2]]}.weight" if match else _TOP[name]


def from_hf_name(name: str) -> str:
    """Our name of a Hugging Face weight; KeyError if Llama has no such weight."""
    match = re.fullmatch(r"model\.layers\.(\d+)\.(.+)\.weight", name)
    if match:
        return f"blocks.{match[1]}.{_inverse(_BLOCK)[match[2]]}.weight"
    return _inverse(_TOP)[name]


def to_hf_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our state dict under Hugging Face's names; tied embeddings appear once, as in safetensors files."""
    return {to_hf_name(name): tensor for name, tensor in state.items()}


def from_hf_state(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """A LlamaForCausalLM state dict under our names; the second copy of tied embeddings is left out.

    ValueError names the first weight that our model does not have.
    """
    wanted = {name: tensor for name, tensor in state.items() if not (architecture.tie_embeddings and "lm_head" in name)}
    try:
        return {from_hf_name(name): tensor for name, tensor in wanted.items()}
    except KeyError as error:
        raise ValueError(
            f"weight {error.args[0]!r} has no place in this Llama; biases and other architectures are not supported: "
            "start from a checkpoint of class LlamaForCausalLM without biases"
        ) from None


def to_hf_config(architecture: Architecture, pad_token_id: int | None, end_token_id: int | None) -> "LlamaConfig":
    """The configuration that makes LlamaForCausalLM the same function."""
    from transformers import LlamaConfig

    return LlamaConfig(
        architectures=["LlamaForCausalLM"],
        dtype="float32",
        vocab_size=architecture.vocab_size,
        num_hidden_layers=architecture.num_layers,
        hidden_size=architecture.hidden_size,
        num_attention_heads=architecture.num_heads,
        num_key_value_heads=architecture.num_kv_heads,
        intermediate_size=architecture.ffn_size,
        rope_parameters={"rope_type": "default", "rope_theta": architecture.rope_theta},
        rms_norm_eps=architecture.norm_eps,
        max_position_embeddings=architecture.context_length,
        tie_word_embeddings=architecture.tie_embeddings,
        pad_token_id=pad_token_id,
        bos_token_id=end_token_id,
        eos_token_id=end_token_id,
    )


def from_hf_config(config: "LlamaConfig") -> Architecture:
    """The architecture of a Llama configuration; ValueError names what ours cannot do."""
    rope: dict[str, Any] = dict(config.rope_parameters or {})
    head_size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    for field, value, wanted in (
        ("model_type", config.model_type, "llama"),
        ("hidden_act", config.hidden_act, "silu"),
        ("attention_bias", config.attention_bias, False),
        ("mlp_bias", config.mlp_bias, False),
        ("rope_parameters.rope_type", rope.get("rope_type", "default"), "default"),
        ("head_dim", head_size, config.hidden_size // config.num_attention_heads),
    ):
        if value != wanted:
            raise ValueError(f"config.json: {field}: {value!r} is not supported; use a checkpoint with {wanted!r}")
    return Architecture(
        vocab_size=config.vocab_size,
        num_layers=config.num_hidden_layers,
        hidden_size=config.hidden_size,
        num_heads=config.num_attention_heads,
        num_kv_heads=config.num_key_value_heads or config.num_attention_heads,
        ffn_size=config.intermediate_size,
        rope_theta=float(rope.get("rope_theta", 10000.0)),
        norm_eps=config.rms_norm_eps,
        context_length=config.max_position_embeddings,
        tie_embeddings=bool(config.tie_word_embeddings),
    )


def _inverse(names: dict[str, str]) -> dict[str, str]:
    return {theirs: ours for ours, theirs in names.items()}
