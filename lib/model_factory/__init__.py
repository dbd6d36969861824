"""Everything that computes; never imports flytekit. One room per subpackage, see ARCHITECTURE.md."""

import os

# Nothing here may need a network after set-up, or tell anybody that it ran. Set before any of the
# libraries concerned is imported; a user's own setting wins.
for _name, _value in {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "TOKENIZERS_PARALLELISM": "true",
    "TRANSFORMERS_OFFLINE": "1",
}.items():
    os.environ.setdefault(_name, _value)
