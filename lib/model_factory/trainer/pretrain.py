"""Packed sequences to a base model."""

from model_factory import ledger
from model_factory.blender import BlendLog, Supply, batch, constant
from model_factory.blender.stream import Stream
from model_factory.cards.pretrain import Pretrain
from model_factory.model import Transformer
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture, Checkpoint, Lineage, Snapshot, Tokenizer
from model_factory.trainer import heldout
from model_factory.trainer.learner import Learner
from model_factory.trainer.meters import Meter
from model_factory.trainer.processes import TIMEOUT_S, Processes, joined
from model_factory.trainer.recovery import Recovery, due, station_folder
from model_factory.trainer.rows import microbatches, next_token_loss
from model_factory.trainer.sequences import Sequences, read_sequences, segments_of

# Enough to see a curve by; the evaluation of a finished checkpoint takes all of them.
HELDOUT_SEQUENCES = 128
# Threads that read ahead: one is ahead of any step that trains.
READERS = 1


def pretrain(section: Pretrain, sequences: Snapshot, tokenizer: Tokenizer, lineage: Lineage) -> Checkpoint:
    """Train a model from scratch on the blend; once per process of the mesh, each returns the same checkpoint.

    Mean cross-entropy over every token that has one before it in its document. Stopped at any point and
    called again, it goes on from its newest whole step and ends with the same bits; finished, it returns
    at once. The model's `context_length` is that of the longest sequence.
    """
    folder = station_folder("pretrain", section, sequences, tokenizer)
    recovery = Recovery("pretrain", folder, section.num_steps, tokenizer.uri, lineage)
    with joined(section.mesh) as processes:
        return recovery.finished() or _train(section, sequences, tokenizer, recovery, processes)


def _train(
    section: Pretrain, snapshot: Snapshot, tokenizer: Tokenizer, recovery: Recovery, processes: Processes
) -> Checkpoint:
    training, unseen = read_sequences(snapshot, "train"), read_sequences(snapshot, "heldout")
    architecture = architecture_of(section, tokenizer, max(training.length, unseen.length))
    model = initialise(Transformer(architecture), section.seed)
    learner = Learner(model, section.optimizer, section.schedule, section.num_steps, processes)
    recovery.resume(learner)
    probe = heldout.sample(unseen, HELDOUT_SEQUENCES, section.seed)
    meter = Meter(architecture, training.length, section.optimizer.precision, processes)
    log, held = blend_log(section, training), {training.held.digest: training.held}
    stream = Stream(log, held, processes.rank, processes.size, READERS, TIMEOUT_S)
    with ledger.progress(section.num_steps - learner.steps_done, "pretraining", "steps") as progress:
        for batch_of_step in stream.batches(learner.steps_done, section.num_steps):
            step = batch_of_step.step
            done = learner.step(microbatches(segments_of(batch_of_step), training.length), next_token_loss)
            num_tokens = training.num_tokens(rows_of_step(section, training, step))
            recovery.num_tokens += num_tokens
            meter.step(step + 1, done, num_tokens)
            if due(step + 1, section.eval_every, section.num_steps):
                value = heldout.bits_per_byte(model, unseen, probe, processes)
                ledger.log_metrics({"heldout_bits_per_byte": value}, step=step + 1)
            if due(step + 1, section.checkpoint_every, section.num_steps):
                recovery.keep(learner, section.mesh)
            meter.resume()
            progress.advance(note=f"loss {done.loss:.3f}")
    stream.close()
    return recovery.result()


def blend_log(section: Pretrain, training: Sequences) -> BlendLog:
    """The card's blend of the training split, from the first step to the last."""
    supplies = {source: Supply(training.held.digest, count) for source, count in training.counts().items()}
    return constant(section.seed, "nested", section.blend, section.batch_size, supplies)


def rows_of_step(section: Pretrain, training: Sequences, step: int) -> list[int]:
    """The rows of the training split that `step` (from 0) trains on, in all processes."""
    drawn = batch(section.seed, section.blend, step, section.batch_size, training.counts())
    return [training.row(source, index) for source, index in drawn]


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
