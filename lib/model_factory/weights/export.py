"""A folder that `transformers.AutoModelForCausalLM` and `AutoTokenizer` load without a network."""

from pathlib import Path

from safetensors.torch import save_file

from model_factory.model import hf
from model_factory.nouns import Checkpoint
from model_factory.weights.load import load_model

PAD, END = "<|pad|>", "<|end|>"


def export_hf(checkpoint: Checkpoint, folder: Path) -> None:
    """Write model.safetensors, config.json, generation_config.json and the tokenizer's files to `folder`.

    Equal checkpoints give equal bytes. FileNotFoundError if the checkpoint's tokenizer is gone.
    """
    from transformers import GenerationConfig, PreTrainedTokenizerFast

    source = Path(checkpoint.tokenizer) / "tokenizer.json"
    if not source.is_file():
        raise FileNotFoundError(f"checkpoint {checkpoint.uri}: its tokenizer {source} is gone; run `tokenize` again")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(source),
        pad_token=PAD,
        eos_token=END,
        model_max_length=checkpoint.model.context_length,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.save_pretrained(folder)
    pad, end = (tokenizer.backend_tokenizer.token_to_id(name) for name in (PAD, END))
    hf.to_hf_config(checkpoint.model, pad, end).save_pretrained(folder)
    GenerationConfig(pad_token_id=pad, eos_token_id=end).save_pretrained(folder)
    state = {name: tensor.contiguous() for name, tensor in hf.to_hf_state(load_model(checkpoint).state_dict()).items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
