"""The scores of several checkpoints side by side."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from model_factory.nouns import Score, Scorecard

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH_IN, _HEIGHT_IN, _COLUMNS = 2.6, 2.2, 3


def picture(scorecards: Sequence[Scorecard]) -> str:
    """An SVG with one panel for each score: the checkpoints in the order given, whiskers the 95 % intervals.

    Every panel has its own axis, shares from 0; equal scores give an equal picture.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    names = list(dict.fromkeys((score.benchmark, score.metric) for card in scorecards for score in card.scores))
    num_rows = max(1, -(-len(names) // _COLUMNS))
    figure = Figure(figsize=(_WIDTH_IN * _COLUMNS, _HEIGHT_IN * num_rows), layout="constrained")
    FigureCanvasSVG(figure)
    for index, (benchmark, metric) in enumerate(names):
        axes = figure.add_subplot(num_rows, _COLUMNS, index + 1)
        _panel(axes, scorecards, benchmark, metric)
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "scores", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]


def _panel(axes: "Axes", scorecards: Sequence[Scorecard], benchmark: str, metric: str) -> None:
    found = [(card.station, _find(card, benchmark, metric)) for card in scorecards]
    shown = [(station, score) for station, score in found if score is not None]
    places = range(len(shown))
    values = [score.value for _, score in shown]
    # A bootstrap interval may by chance lie beside its value; whiskers have no negative length.
    below = [max(0.0, score.value - (score.value if score.low is None else score.low)) for _, score in shown]
    above = [max(0.0, (score.value if score.high is None else score.high) - score.value) for _, score in shown]
    axes.errorbar(places, values, yerr=[below, above], fmt="o", markersize=4, capsize=3, color="#2f5d8c")
    axes.set_xticks(list(places), [station for station, _ in shown], fontsize=7)
    axes.set_xlim(-0.5, len(shown) - 0.5)
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="y", labelsize=7)
    axes.set_title(f"{benchmark}\n{metric} ({shown[0][1].unit})", fontsize=7)


def _find(card: Scorecard, benchmark: str, metric: str) -> Score | None:
    return next((one for one in card.scores if (one.benchmark, one.metric) == (benchmark, metric)), None)
