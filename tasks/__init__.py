"""Flyte's adapter: typed tasks of a few lines around `model_factory`.

Importing it moves flytekit's local state (task cache, temporary files) into this checkout's state
folder: two clones never share a cache, and nothing is left in the home folder.
"""

import os
import tempfile

import flytekit.core.local_cache

from model_factory.nouns.home import room

flytekit.core.local_cache.CACHE_LOCATION = str(room("flyte-cache"))
os.environ["TMPDIR"] = str(room("tmp"))
tempfile.tempdir = None
