"""Documents to packed sequences of tokens."""

from model_factory.blender.pack import pack as run_pack
from model_factory.blender.tokenizer import train_tokenizer as run_tokenizer
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lock, Snapshot, Tokenizer
from tasks.station import SnapshotOut, TokenizerOut, lineage, station


@station("tokenize")
def train_tokenizer(section: Tokenize, documents: Snapshot, lock: Lock) -> TokenizerOut:
    return run_tokenizer(section, documents, lineage(lock, "tokenize", documents))


@station("tokenize")
def pack(section: Tokenize, documents: Snapshot, strata: Snapshot, tokenizer: Tokenizer, lock: Lock) -> SnapshotOut:
    parents = [documents, tokenizer, *([strata] if strata.table != documents.table else [])]
    return run_pack(section, documents, tokenizer, lineage(lock, "tokenize", *parents), strata=strata)
