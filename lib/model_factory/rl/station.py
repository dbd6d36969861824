"""The station that improves a taught model by running what it writes.

Every process of the mesh is actor and learner in one, in lockstep: it samples answers to its share of
the step's problems with the weights it is about to train, runs them, and all of them take one exact step.
Sampling is never stale, so there is nothing to correct for; what steps cost is in the curves.
"""

from collections.abc import Sequence
from dataclasses import asdict

from torch import Generator, Tensor

from model_factory import ledger, weights
from model_factory.blender.live import Position
from model_factory.blender.tokenizer import load_encoder
from model_factory.cards.rl import Rl
from model_factory.inference.registry import engine as make_engine
from model_factory.nouns import Checkpoint, Lineage, Snapshot, digest_of
from model_factory.rl import transcripts
from model_factory.rl.actor import Actor, Sample
from model_factory.rl.algorithms.registry import algorithm
from model_factory.rl.clock import Clock
from model_factory.rl.figures import Figures, gather
from model_factory.rl.learner import Policy, learn
from model_factory.rl.live import Live, remove
from model_factory.rl.posed import Problem, problems_of_step, training_problems
from model_factory.trainer.learner import Learner, Step
from model_factory.trainer.processes import Processes, joined
from model_factory.trainer.recovery import Recovery, due, station_folder


def reinforce(section: Rl, checkpoint: Checkpoint, problems: Snapshot, lineage: Lineage) -> Checkpoint:
    """Go on from `checkpoint` by reinforcement on the `train` problems; once per process of the mesh.

    Each of `num_steps` steps samples `group_size` answers to `problems_per_step` problems, rewards them by
    executing them in the sandbox, and takes `num_minibatches` optimiser steps. Every sample is written to
    `transcripts/` beside the checkpoints. Stopped and called again it goes on, bitwise; finished, it
    returns at once. ValueError if the problems cannot be shared equally by the processes.
    """
    folder = station_folder("rl", section, checkpoint, problems)
    num_steps = section.num_steps * section.num_minibatches
    recovery = Recovery("rl", folder, num_steps, checkpoint.tokenizer, lineage, checkpoint.step, checkpoint.num_tokens)
    with joined(section.mesh) as processes:
        made = recovery.finished() or _train(section, checkpoint, problems, recovery, processes)
        if section.live and processes.rank == 0:
            # Every process has taken everything by the last checkpoint; what remains are the transcripts.
            remove(_key(recovery))
        return made


def _train(
    section: Rl, checkpoint: Checkpoint, problems: Snapshot, recovery: Recovery, processes: Processes
) -> Checkpoint:
    posed = training_problems(problems)
    actor = _actor(section, checkpoint)
    model = weights.load_model(checkpoint)
    learner = Learner(model, section.optimizer, section.schedule, recovery.num_steps, processes)
    policy = Policy(
        section, algorithm(section.algorithm), weights.load_model(checkpoint) if section.kl_weight else None
    )
    recovery.resume(learner)
    if processes.rank == 0:
        transcripts.begin(recovery.folder, section.num_steps, processes.size)
    first = learner.steps_done // section.num_minibatches
    live = _live(section, recovery, processes, first)
    with ledger.progress(section.num_steps - first, "reinforcing", "steps") as progress:
        for step in range(first, section.num_steps):
            clock = Clock()
            problems_of_it = processes.share(problems_of_step(section, step, posed))
            samples = _act(actor, problems_of_it, learner, step, clock)
            transcripts.write(recovery.folder, step, processes.rank, samples)
            if live:
                samples = live.exchange(step, problems_of_it, samples)
                recovery.marks["live"] = asdict(live.position)
            figures = gather(samples, section.group_size, step, processes)
            taken = learn(learner, policy, samples, _advantages(policy, figures, step, processes))
            recovery.num_tokens += figures.num_tokens
            clock.lap("learn_s")
            _log(step, figures, policy, taken, clock)
            if due(step + 1, section.checkpoint_every, section.num_steps):
                recovery.keep(learner, section.mesh)
            progress.advance(note=f"reward {float(figures.reward_PG.mean()):.3f}")
    if live:
        live.close()
    return recovery.result()


def _live(section: Rl, recovery: Recovery, processes: Processes, first_step: int) -> Live | None:
    """The live table that samples go through where the card asks for one, from where the checkpoint left it."""
    if not section.live:
        return None
    position = Position(**recovery.marks["live"]) if first_step else Position()
    return Live(_key(recovery), processes, position, 2 * _num_samples(section))


def _key(recovery: Recovery) -> str:
    return recovery.folder.name.removeprefix("rl-")


def _num_samples(section: Rl) -> int:
    return section.problems_per_step * section.group_size


def _actor(section: Rl, checkpoint: Checkpoint) -> Actor:
    engine = make_engine("transformers")
    engine.load(checkpoint)
    return Actor(section, engine, load_encoder(checkpoint.tokenizer))


def _act(actor: Actor, problems: Sequence[Problem], learner: Learner, step: int, clock: Clock) -> list[Sample]:
    """This process's samples of the step, under the weights that it is about to train."""
    actor.engine.update(learner.model.state_dict(), version=learner.steps_done)
    answers = actor.generate(problems, step, learner.processes.rank)
    clock.lap("sample_s")
    samples = actor.judge(problems, answers)
    clock.lap("execute_s")
    return samples


def _advantages(policy: Policy, figures: Figures, step: int, processes: Processes) -> Tensor:
    """This process's rows of the advantages, which are of the whole step and the same in every process."""
    seed = int(digest_of(["rl advantages", policy.section.seed, step])[:15], 16)
    advantages_PG = policy.algorithm.advantages(figures.reward_PG, Generator().manual_seed(seed))
    return advantages_PG.chunk(processes.size)[processes.rank].float()


def _log(step: int, figures: Figures, policy: Policy, taken: Sequence[Step], clock: Clock) -> None:
    num_terms = sum(done.num_terms for done in taken)
    curves = figures.curves() | clock.laps
    curves["grad_norm"] = max(done.grad_norm for done in taken)
    curves["lr"] = taken[-1].lr
    curves["loss"] = sum(done.loss * done.num_terms for done in taken) / max(num_terms, 1.0)
    ledger.log_metrics(curves, step=step + 1)
