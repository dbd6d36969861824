"""The program that runs a candidate inside the sandbox and reports what it returned.

The request comes on standard input as JSON {source, entry_point, args, word, max_chars}; the
answers leave as lines [word, kind, text]. Descriptor 1 is moved away before the candidate runs, so
what it prints is no answer, and `word` is drawn after the candidate was written.
"""

HARNESS = """\
import json, os

request = json.loads(input())
answers = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def literal(value, depth=0):
    kind = type(value)
    if kind in (type(None), bool, int, float, str, bytes):
        return repr(value)
    if depth > 20 or kind not in (list, tuple, dict, set):
        raise TypeError(f"returned a {kind.__name__}, which is no plain value")
    if kind is dict:
        return "{" + ", ".join(f"{literal(k, depth + 1)}: {literal(v, depth + 1)}" for k, v in value.items()) + "}"
    parts = [literal(part, depth + 1) for part in value]
    if kind is list:
        return "[" + ", ".join(parts) + "]"
    if kind is tuple:
        return "(" + "".join(part + ", " for part in parts) + ")"
    return "{" + ", ".join(parts) + "}" if parts else "set()"


def answer(kind, text):
    os.write(answers, (json.dumps([request["word"], kind, text[: request["max_chars"]]]) + "\\n").encode())


def judge():
    space = {"__name__": "candidate"}
    try:
        exec(compile(request["source"], "candidate.py", "exec"), space)
        function = space[request["entry_point"]] if request["entry_point"] else None
    except BaseException as error:
        return answer("broken", f"{type(error).__name__}: {error}")
    for args in request["args"]:
        try:
            answer("value", literal(function(*args)))
        except BaseException as error:
            answer("raised", f"{type(error).__name__}: {error}")
    answer("end", "")


judge()
"""
