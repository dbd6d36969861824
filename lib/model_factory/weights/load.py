"""A checkpoint back to a model."""

from pathlib import Path

from model_factory.model import Transformer
from model_factory.nouns import Checkpoint
from model_factory.weights.digest import digest_of_state
from model_factory.weights.verified import CURE, DamagedCheckpoint, read


def load_model(checkpoint: Checkpoint) -> Transformer:
    """The model with the checkpoint's weights, fp32 on the CPU, in evaluation mode.

    IncompleteCheckpoint if the folder has no COMPLETE marker; DamagedCheckpoint if the weights are not
    those whose digest the checkpoint carries.
    """
    weights = read(Path(checkpoint.uri))[0]["model"]
    found = digest_of_state(weights)
    if found != checkpoint.digest:
        raise DamagedCheckpoint(
            f"checkpoint {checkpoint.uri} holds weights {found[:12]}, not {checkpoint.digest[:12]}: "
            f"another run wrote over it; {CURE}"
        )
    model = Transformer(checkpoint.model)
    model.load_state_dict(weights)
    return model.eval()
