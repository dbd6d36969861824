"""A base model, taught by demonstration."""

from model_factory import ledger, weights
from model_factory.blender import batch
from model_factory.blender.tokenizer import load_encoder
from model_factory.cards.sft import Sft
from model_factory.nouns import Checkpoint, Lineage, Snapshot
from model_factory.trainer.examples import DEMONSTRATIONS, EXECUTIONS, packed, read_examples
from model_factory.trainer.learner import Learner
from model_factory.trainer.meters import Meter
from model_factory.trainer.processes import Processes, joined
from model_factory.trainer.recovery import Recovery, due, station_folder
from model_factory.trainer.rows import Segment, microbatches, next_token_loss


def sft(section: Sft, checkpoint: Checkpoint, executions: Snapshot, problems: Snapshot, lineage: Lineage) -> Checkpoint:
    """Go on from `checkpoint` on demonstrations and executed functions; once per process of the mesh.

    Mean cross-entropy over the answers' tokens of a step, in all processes; prompts are only read.
    Stopped and called again it goes on, bitwise; finished, it returns at once. ValueError if a kind of
    row that the batches are to hold has none that fit the model's context.
    """
    folder = station_folder("sft", section, checkpoint, executions, problems)
    recovery = Recovery(
        "sft", folder, section.num_steps, checkpoint.tokenizer, lineage, checkpoint.step, checkpoint.num_tokens
    )
    with joined(section.mesh) as processes:
        return recovery.finished() or _train(section, checkpoint, executions, problems, recovery, processes)


def _train(
    section: Sft,
    checkpoint: Checkpoint,
    executions: Snapshot,
    problems: Snapshot,
    recovery: Recovery,
    processes: Processes,
) -> Checkpoint:
    length = checkpoint.model.context_length
    examples = read_examples(load_encoder(checkpoint.tokenizer), executions, problems, length)
    model = weights.load_model(checkpoint)
    learner = Learner(model, section.optimizer, section.schedule, section.num_steps, processes)
    recovery.resume(learner)
    meter = Meter(checkpoint.model, length, section.optimizer.precision, processes)
    with ledger.progress(section.num_steps - learner.steps_done, "fine-tuning", "steps") as progress:
        for step in range(learner.steps_done, section.num_steps):
            chosen = examples_of_step(section, examples, step)
            mine = packed(processes.share(chosen), length)
            done = learner.step(microbatches(mine, length), next_token_loss)
            num_tokens = sum(len(example.tokens) for example in chosen)
            recovery.num_tokens += num_tokens
            meter.step(step + 1, done, num_tokens)
            if due(step + 1, section.checkpoint_every, section.num_steps):
                recovery.keep(learner, section.mesh)
                meter.resume()
            progress.advance(note=f"loss {done.loss:.3f}")
    return recovery.result()


def examples_of_step(section: Sft, examples: dict[str, list[Segment]], step: int) -> list[Segment]:
    """The examples that `step` (from 0) trains on, in all processes: a pure function, like pretraining's."""
    share = section.demonstration_fraction
    blend = {DEMONSTRATIONS: share, EXECUTIONS: 1.0 - share}
    counts = {name: len(rows) for name, rows in examples.items()}
    try:
        drawn = batch(section.seed, blend, step, section.batch_size, counts)
    except ValueError as error:
        raise ValueError(f"sft.demonstration_fraction: {share}: {error}") from None
    return [examples[name][index] for name, index in drawn]
