"""Byte-pair encoding, trained on the corpus."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tokenizers import Tokenizer as Encoder
from tokenizers import decoders, models, pre_tokenizers, trainers

from model_factory import lake, ledger
from model_factory.blender.heldout import is_heldout
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lineage, Snapshot, Tokenizer, station_key
from model_factory.nouns.home import room

PAD, END = "<|pad|>", "<|end|>"
BATCH_DOCUMENTS = 256


def train_tokenizer(section: Tokenize, documents: Snapshot, lineage: Lineage) -> Tokenizer:
    """BPE over bytes (Sennrich et al. 2016; GPT-2's split of words), digits one by one.

    Trained on the documents that are not held out, into `tokenizer.json` of a folder named by the
    section and the documents. Ids 0 and 1 are <|pad|> and <|end|>, 2–257 the bytes, then the merges.
    ValueError if `vocab_size` is smaller than that or larger than the corpus gives.
    """
    if section.vocab_size < 258:
        raise ValueError(
            f"tokenize.vocab_size: {section.vocab_size} is below 258 (256 bytes, {PAD}, {END}); use 258 or more"
        )
    encoder = Encoder(models.BPE())
    encoder.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    encoder.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=section.vocab_size,
        min_frequency=section.min_frequency,
        special_tokens=[PAD, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    table = lake.read(documents, ["doc_id", "text"])
    kept = [
        row
        for row, doc_id in enumerate(table["doc_id"].to_pylist())
        if not is_heldout(doc_id, section.heldout_fraction)
    ]
    texts = table["text"].take(kept)
    with ledger.progress(len(texts), "training the tokenizer", "documents") as progress:

        def batches() -> Iterator[list[str]]:
            for start in range(0, len(texts), BATCH_DOCUMENTS):
                batch = texts.slice(start, BATCH_DOCUMENTS).to_pylist()
                yield batch
                progress.advance(len(batch))

        encoder.train_from_iterator(batches(), trainer, length=len(texts))
    if encoder.get_vocab_size() != section.vocab_size:
        raise ValueError(
            f"tokenize.vocab_size: {section.vocab_size} is more than the {len(texts)} documents give with "
            f"min_frequency {section.min_frequency}; use {encoder.get_vocab_size()} or less"
        )
    return _stored(encoder, room("checkpoints") / f"tokenizer-{station_key('tokenize', section, documents)}", lineage)


def load_encoder(tokenizer: Tokenizer | str) -> Encoder:
    """The `tokenizers` object behind a Tokenizer or a checkpoint's `tokenizer` folder.

    Text that spells a special token is encoded as plain bytes: only code adds <|end|>.
    """
    path = Path(tokenizer if isinstance(tokenizer, str) else tokenizer.uri) / "tokenizer.json"
    if not path.is_file():
        raise FileNotFoundError(f"no tokenizer at {path}; run `tokenize` again to rebuild it")
    encoder = Encoder.from_file(str(path))
    encoder.encode_special_tokens = True
    return encoder


def _stored(encoder: Encoder, folder: Path, lineage: Lineage) -> Tokenizer:
    content = encoder.to_str(pretty=True).encode()
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".tokenizer.json.{os.getpid()}"
    draft.write_bytes(content)
    draft.replace(folder / "tokenizer.json")
    return Tokenizer(str(folder), encoder.get_vocab_size(), sha256(content).hexdigest(), lineage)
