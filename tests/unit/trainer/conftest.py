import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tiny products are slower on two threads that others compete for."""
    torch.set_num_threads(1)
