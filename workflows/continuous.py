"""Continuous training: the laptop card every week, on whatever its sources hold by then."""

from flytekit import CronSchedule
from flytekit.models.concurrency import ConcurrencyLimitBehavior, ConcurrencyPolicy

from model_factory.cards.parse import parse
from workflows.assets import model_asset, read_card

CARD = "configs/laptop.md"

# Unchanged sources are served from the cache, so an idle week costs a listing. A run that takes longer than
# the cadence makes the next one skip: two runs would train on the same data. Registration activates the plan
# (`pyflyte register --activate-launchplans`), importing it does not.
continuous = model_asset(
    "continuous-laptop",
    CARD,
    schedule=CronSchedule(schedule=parse(read_card(CARD)).placement.cadence),
    concurrency=ConcurrencyPolicy(max_concurrency=1, behavior=ConcurrencyLimitBehavior.SKIP),  # pyright: ignore[reportArgumentType]
)
