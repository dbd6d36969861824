"""The worker program: isolate this process (unless bubblewrap did), then serve programs from descriptor 0."""

import functools
import json
import sys

import confine  # pyright: ignore[reportMissingImports]
import isolate  # pyright: ignore[reportMissingImports]
import serve  # pyright: ignore[reportMissingImports]

if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    scratch_bytes, program_uid = settings["scratch_bytes"], settings["program_uid"]
    if settings["backend"] == "namespaces":
        isolate.isolate(settings["visible"], scratch_bytes, program_uid)
    serve.serve(
        confine=functools.partial(confine.confine, program_uid=program_uid, system_calls=confine.system_call_filter()),
        clean=functools.partial(isolate.fresh_scratch, scratch_bytes),
        prepared=settings["prepared"],
    )
