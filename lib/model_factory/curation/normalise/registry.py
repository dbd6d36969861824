"""The steps a card may name under `clean.normalise`, in the order in which they are applied: what is wrongly
decoded first, boilerplate once lines are clean."""

_HERE = "model_factory.curation.normalise"

STEPS = {
    "mojibake": f"{_HERE}.mojibake:STEP",
    "entities": f"{_HERE}.entities:STEP",
    "controls": f"{_HERE}.controls:STEP",
    "unicode": f"{_HERE}.unicode:STEP",
    "white_space": f"{_HERE}.white_space:STEP",
    "boilerplate": f"{_HERE}.boilerplate:STEP",
}
