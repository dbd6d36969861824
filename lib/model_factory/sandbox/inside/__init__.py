"""What runs inside the sandbox's worker: standard library only, no module here imports another.

The worker is started on this folder (`python inside/`) and never sees the rest of the package.
"""

# Imported so that the digest of a station's source reaches the code that runs its programs.
from model_factory.sandbox.inside import confine, isolate, serve

__all__ = ["confine", "isolate", "serve"]
