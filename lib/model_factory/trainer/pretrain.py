"""Packed sequences to a base model."""

from contextlib import closing
from dataclasses import replace

from model_factory import ledger
from model_factory.cards.pretrain import Pretrain
from model_factory.model import Transformer
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture, Checkpoint, Lineage, Snapshot, Tokenizer
from model_factory.trainer import heldout
from model_factory.trainer.blending import Blending
from model_factory.trainer.learner import Learner
from model_factory.trainer.meters import Meter
from model_factory.trainer.processes import Processes, joined
from model_factory.trainer.recovery import Recovery, due, station_folder
from model_factory.trainer.rows import microbatches, next_token_loss
from model_factory.trainer.sequences import read_sequences, segments_of

# Enough to see a curve by; the evaluation of a finished checkpoint takes all of them.
HELDOUT_SEQUENCES = 128


def pretrain(section: Pretrain, sequences: Snapshot, tokenizer: Tokenizer, lineage: Lineage) -> Checkpoint:
    """Train a model from scratch on the blend; once per process of the mesh, each returns the same checkpoint.

    Mean cross-entropy over every token that has one before it in its document. Stopped at any point and
    called again, it goes on from its newest whole step and ends with the same bits; finished, it returns
    at once. The model's `context_length` is that of the longest sequence. A blend that was amended on the way
    (`factory amend`) gives what a card with these amendments gives, bitwise; the checkpoint says so.
    """
    folder = station_folder("pretrain", section, sequences, tokenizer)
    recovery = Recovery("pretrain", folder, section.num_steps, tokenizer.uri, lineage)
    with (
        joined(section.mesh) as processes,
        closing(Blending(section, sequences, tokenizer, recovery, processes)) as blending,
    ):
        made = recovery.finished() or _train(section, sequences, tokenizer, blending, processes)
        return replace(made, amended=blending.is_amended)


def _train(
    section: Pretrain, snapshot: Snapshot, tokenizer: Tokenizer, blending: Blending, processes: Processes
) -> Checkpoint:
    training, unseen = read_sequences(snapshot, "train"), read_sequences(snapshot, "heldout")
    architecture = architecture_of(section, tokenizer, max(training.length, unseen.length))
    model = initialise(Transformer(architecture), section.seed)
    learner = Learner(model, section.optimizer, section.schedule, section.num_steps, processes)
    recovery = blending.recovery
    blending.open(training.held)
    blending.resume(learner)
    probe = heldout.sample(unseen, HELDOUT_SEQUENCES, section.seed)
    meter = Meter(architecture, training.length, section.optimizer.precision, processes)
    with ledger.progress(section.num_steps - learner.steps_done, "pretraining", "steps") as progress:
        for step in range(learner.steps_done, section.num_steps):
            rows = segments_of(blending.batch(step))
            done = learner.step(microbatches(rows, training.length), next_token_loss)
            num_tokens = blending.num_tokens(step)
            recovery.num_tokens += num_tokens
            meter.step(step + 1, done, num_tokens)
            if due(step + 1, section.eval_every, section.num_steps):
                value = heldout.bits_per_byte(model, unseen, probe, processes)
                ledger.log_metrics({"heldout_bits_per_byte": value}, step=step + 1)
            if due(step + 1, section.checkpoint_every, section.num_steps):
                recovery.keep(learner, section.mesh)
            meter.resume()
            progress.advance(note=f"loss {done.loss:.3f}")
    return recovery.result()


def architecture_of(section: Pretrain, tokenizer: Tokenizer, context_length: int) -> Architecture:
    """The card's model with the tokenizer's vocabulary and the sequences' length."""
    model = section.model
    return Architecture(
        vocab_size=tokenizer.vocab_size,
        num_layers=model.num_layers,
        hidden_size=model.hidden_size,
        num_heads=model.num_heads,
        num_kv_heads=model.num_kv_heads,
        ffn_size=model.ffn_size,
        rope_theta=model.rope_theta,
        norm_eps=model.norm_eps,
        context_length=context_length,
        tie_embeddings=model.tie_embeddings,
    )
