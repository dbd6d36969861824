"""The factory's figures, from the attempts in the log book.

Formulas: Google's ml-goodput taxonomy; ETTR as in arXiv 2410.21680; the rest as written beside
each field. What is different: the device time of data stations counts too, and a step's time is
taken from its points in the log book, not from a probe in the trainer.
"""

import json
import statistics
from dataclasses import dataclass, field

from model_factory.ledger import store
from model_factory.ledger.hours import CAUSES, Hours, Step, station_hours
from model_factory.ledger.metrics import COMMITTED
from model_factory.ledger.runs import Run, StationRun, runs


@dataclass(frozen=True)
class Figures:
    """`hours` in device-seconds; `period_s` from the first submission to the last end.

    goodput: kept ÷ all device time. ettr: kept seconds ÷ Σ over runs (last end − first submit).
    throughput_per_day: distinct runs that were released ÷ period; `smoke` cards don't count.
    cycle_times_s: submission to promotion, or to release where nothing was promoted yet, one a run.
    first_pass_yield: share of ended stations' runs without a failed or killed attempt.
    """

    num_runs: int
    period_s: float
    hours: Hours
    goodput: float
    ettr: float
    throughput_per_day: float
    released: int
    cycle_times_s: list[float] = field(default_factory=list)
    cycle_parts_s: dict[str, float] = field(default_factory=dict)
    first_pass_yield: float = 0.0
    cost: dict[str, float] = field(default_factory=dict)


def figures(card: str | None = None, since: float = 0.0) -> Figures:
    """The figures of every run (of one card) with an attempt that started after `since` (seconds since 1970)."""
    taken = [run for run in runs(card=card) if any(one.started >= since for one in _attempts(run))]
    attempts = [one for run in taken for one in _attempts(run)]
    by_run = {run.run_id: sum((_hours(station) for station in run.stations), Hours()) for run in taken}
    hours = sum(by_run.values(), Hours())
    spans = [max(one.end for one in _attempts(run)) - min(one.submitted for one in _attempts(run)) for run in taken]
    period = max((one.end for one in attempts), default=0.0) - min((one.submitted for one in attempts), default=0.0)
    released = [run for run in taken if _station(run, "release") and not _is_smoke(run)]
    ended = [run for run in taken if run.outcome not in ("running", "open")]
    return Figures(
        num_runs=len(taken),
        period_s=period,
        hours=hours,
        goodput=_share(hours.kept, hours.total),
        ettr=_share(hours.kept_wall, sum(spans)),
        throughput_per_day=_share(len(released) * 86400.0, period),
        released=len(released),
        cycle_times_s=[_released_at(run) - min(one.submitted for one in _attempts(run)) for run in released],
        cycle_parts_s=_parts(released),
        first_pass_yield=_share(sum(1 for run in ended if _first_pass(run)), len(ended)),
        cost=_cost(taken, by_run),
    )


def report_rows(card: str | None = None, since: float = 0.0) -> list[tuple[str, str, str]]:
    """(figure, value, formula) in words, for a table."""
    found = figures(card, since)
    hours = found.hours
    rows = [
        ("runs", f"{found.num_runs}", f"with attempts in {_span(found.period_s)}"),
        ("device time", _span(hours.total), "kept + scrap + overhead + open"),
        ("kept", _span(hours.kept), "steps and stations that are in a result, counted once"),
        ("overhead", _span(hours.overhead), "start-up, checkpoints and evaluation around steps"),
        ("open", _span(hours.open), "attempts still running"),
        ("scrap", _percent(_share(hours.scrapped, hours.total)), "lost device time ÷ device time"),
    ]
    rows += [(f"scrap: {cause}", _span(hours.scrap[cause]), "") for cause in CAUSES if hours.scrap.get(cause)]
    rows += [
        ("goodput", _percent(found.goodput), "kept ÷ device time"),
        ("ETTR", _percent(found.ettr), "kept seconds ÷ (last end − first submit)"),
        (
            "throughput",
            f"{found.throughput_per_day:.2f} a day",
            f"{found.released} released ÷ period, without smoke runs",
        ),
        ("first-pass yield", _percent(found.first_pass_yield), "ended runs without a failed or killed attempt"),
    ]
    if found.cycle_times_s:
        times = sorted(found.cycle_times_s)
        ninth = times[min(len(times) - 1, int(0.9 * len(times)))]
        rows.append(
            (
                "cycle time",
                f"{_span(statistics.median(times))}, p90 {_span(ninth)}",
                "first submit → promotion or release",
            )
        )
        rows += [(f"cycle: {part}", _span(took), "mean over releases") for part, took in found.cycle_parts_s.items()]
    return rows + [
        ("cost", f"{amount:.2f} {currency}", "price per hour × attempts") for currency, amount in found.cost.items()
    ]


def _hours(station: StationRun) -> Hours:
    run = store.client().get_run(station.run_id)
    keys = [key for key, last in run.data.metrics.items() if key != COMMITTED]
    history = [point for key in keys for point in store.client().get_metric_history(station.run_id, key)]
    committed = [point.step for point in store.client().get_metric_history(station.run_id, COMMITTED)]
    return station_hours(
        station.attempts, [Step(one.step, one.timestamp / 1000) for one in history], max(committed, default=0)
    )


def _attempts(run: Run) -> list:
    return [one for station in run.stations for one in station.attempts]


def _station(run: Run, name: str) -> StationRun | None:
    """The run's station of this name, if its last attempt ended well."""
    return next((one for one in run.stations if one.station == name and one.outcome == "ok"), None)


def _is_smoke(run: Run) -> bool:
    return run.card == "smoke" or json.loads(run.placement or "{}").get("labels", {}).get("purpose") == "smoke"


def _first_pass(run: Run) -> bool:
    return all(one.outcome not in ("failed", "killed") and not one.is_dead for one in _attempts(run))


def _released_at(run: Run) -> float:
    release = _station(run, "release")
    return run.promoted or (release.attempts[-1].end if release else 0.0)


def _parts(released: list[Run]) -> dict[str, float]:
    """Mean seconds of a release's cycle: queued, run, evaluated, waiting for the decision."""
    if not released:
        return {}
    parts = {"queue": 0.0, "run": 0.0, "eval": 0.0, "decision": 0.0}
    for run in released:
        parts["queue"] += sum(one.started - one.submitted for one in _attempts(run))
        for station in run.stations:
            took = sum(one.end - one.started for one in station.attempts)
            parts["eval" if station.station == "evaluate" else "run"] += took
        release = _station(run, "release")
        if run.promoted and release:
            parts["decision"] += run.promoted - release.attempts[-1].end
    return {part: took / len(released) for part, took in parts.items()}


def _cost(taken: list[Run], by_run: dict[str, Hours]) -> dict[str, float]:
    """Money by currency: machine hours × the card's price of one machine."""
    total: dict[str, float] = {}
    for run in taken:
        placement = json.loads(run.placement or "{}")
        price = placement.get("price_per_hour", 0.0)
        held = sum(one.end - one.started for one in _attempts(run))
        if price:
            currency = placement.get("currency", "")
            total[currency] = total.get(currency, 0.0) + price * held / 3600
    return total


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.2f} h"
