"""The line as a picture: stations in order, what each made in one run."""

from html import escape

from model_factory.release.summary import Run, scrapped

BOX_WIDTH, BOX_HEIGHT, GAP, COLUMNS = 190, 64, 26, 5


def picture(run: Run) -> str:
    """An SVG of the stations with the row counts of `run`; it reads left to right, line by line."""
    boxes = stations(run)
    rows = -(-len(boxes) // COLUMNS)
    width, height = COLUMNS * (BOX_WIDTH + GAP) + GAP, rows * (BOX_HEIGHT + 2 * GAP) + GAP
    body = "".join(_box(index, *box) for index, box in enumerate(boxes))
    body += "".join(_arrow(index) for index in range(len(boxes) - 1))
    style = (
        "text{font:13px sans-serif;fill:#1b2733}.n{font-weight:600}rect{fill:#eef4fb;stroke:#4a7ab0;stroke-width:1.2}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">'
        f"<style>{style}path{{stroke:#4a7ab0;fill:none;stroke-width:1.4}}</style>{body}</svg>\n"
    )


def stations(run: Run) -> list[tuple[str, str, str]]:
    """(station, what it made, a second line) in the order of the line."""
    scrap = {"ingest": 0, "curate": 0, "validate": 0}
    for station, _, count in scrapped(run):
        scrap[station] += count
    scores = dict(run.measured)
    return [
        ("ingest", f"{run.documents.num_rows:,} documents", f"{scrap['ingest']:,} scrapped"),
        ("curate", f"{run.curated.num_rows:,} kept", f"{scrap['curate']:,} scrapped"),
        (
            "validate",
            f"{run.curated.num_rows:,} published",
            f"{scrap['validate']:,} excluded" if scrap["validate"] else "Great Expectations",
        ),
        ("tokenize + pack", f"{run.sequences.num_rows:,} sequences", f"{run.tokenizer.vocab_size:,} BPE entries"),
        ("pretrain", f"{run.base.step:,} steps", _score(scores, "pretrain", "bits_per_byte")),
        ("SFT data", f"{run.executions.num_rows:,} executed calls", f"{run.problems.num_rows:,} problems"),
        ("SFT", f"step {run.taught.step:,}", _score(scores, "sft", "problems_heldout")),
        ("RL", f"{run.transcripts.num_rows:,} transcripts", _score(scores, "rl", "problems_heldout")),
        (
            "evaluate",
            f"{sum(len(card.scores) for card in run.scorecards)} scores",
            f"{len(run.scorecards)} checkpoints",
        ),
        ("release", f"{run.release.model_name} v{run.release.model_version}", run.release.alias),
    ]


def _score(cards: dict, station: str, benchmark: str) -> str:
    found = [score for score in cards[station].scores if score.benchmark == benchmark]
    return f"{found[0].metric.replace('_', ' ')} {found[0].value:.3g}" if found else ""


def _corner(index: int) -> tuple[int, int]:
    row, column = divmod(index, COLUMNS)
    return GAP + column * (BOX_WIDTH + GAP), GAP + row * (BOX_HEIGHT + 2 * GAP)


def _box(index: int, name: str, made: str, second: str) -> str:
    x, y = _corner(index)
    lines = ((name, "n", 18), (made, "", 37), (second, "", 54))
    text = "".join(
        f'<text class="{kind}" x="{x + 10}" y="{y + down}">{escape(line)}</text>' for line, kind, down in lines
    )
    return f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>{text}'


def _arrow(index: int) -> str:
    (x, y), (next_x, next_y) = _corner(index), _corner(index + 1)
    middle = y + BOX_HEIGHT // 2
    if next_y == y:
        return f'<path d="M{x + BOX_WIDTH} {middle}H{next_x}"/>'
    turn = y + BOX_HEIGHT + GAP
    down = f"M{x + BOX_WIDTH // 2} {y + BOX_HEIGHT}V{turn}H{next_x + BOX_WIDTH // 2}V{next_y}"
    return f'<path d="{down}"/>'
