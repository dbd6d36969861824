"""What several integration tests look at, made once."""

import pytest

from packaged import Package


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The workflows as a backend would be told of them."""
    return Package.make(tmp_path_factory.mktemp("package"))
