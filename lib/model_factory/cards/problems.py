"""The `problems` section: verifiable problems and the few demonstrations that warm the model up."""

from dataclasses import dataclass

from model_factory.cards.section import Count, Section


@dataclass(frozen=True)
class Problems(Section):
    """`family` names a generator in the problem registry. `num_train` problems are for RL,
    `num_heldout` are distinct functions never trained on, `num_combination` use combinations of
    operators never trained on, `num_demonstrations` come with a solution; `num_tests` hidden inputs
    decide each problem. `min_ops` to `max_ops` operations make a function."""

    family: str
    min_ops: Count
    max_ops: Count
    num_train: Count
    num_heldout: Count
    num_combination: Count
    num_demonstrations: Count
    num_tests: Count
