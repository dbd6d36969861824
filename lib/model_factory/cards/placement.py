"""The `placement` section: where and when a run happens. Not identity: never part of a cache key."""

from dataclasses import dataclass, field

from model_factory.cards.section import STRICT, NonNegative


@dataclass(frozen=True)
class Placement:
    """`profile` names a machine profile of `tasks.resources`; `cadence` is a cron expression for the
    continuous launch plan; `price_per_hour` is in `currency` for one machine (0: not priced)."""

    __pydantic_config__ = STRICT

    profile: str = "laptop"
    queue: str = "default"
    priority: str = "normal"
    cadence: str = "0 3 * * 1"
    price_per_hour: NonNegative = 0.0
    currency: str = "EUR"
    allow_drift: bool = False
    labels: dict[str, str] = field(default_factory=dict)
