#!/usr/bin/python3
"""Writes tests/data/sympy-simplified.jsonl: formulas of random networks and what SymPy's simplify() makes of them.

Each formula has 20 seconds of processor time in a process of its own; one that takes longer is noted as timed out.
What is done already is not done again. Needed only to write the file anew:

    build/tests/core/draw-formulas 200 1 > FORMULAS
    nice python3 tests/oracles/sympy_simplify.py FORMULAS
"""

import json
import multiprocessing
import pathlib
import re
import resource
import sys
import time

LIMIT = 20


def simplify(text, pipe):
    """Sends (result, seconds of processor time)."""
    import sympy as sp

    names = sorted(set(re.findall(r"[A-Za-z_][A-Za-z_0-9]*", text)))
    known = {"sin": sp.sin, "cos": sp.cos, "exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt, "tanh": sp.tanh, "e": None}
    # the logistic function has no name in SymPy; as a function that nothing is known of, it stays one
    scope = {n: sp.Symbol(n, real=True) for n in names if n not in known} | known | {"sigmoid": sp.Function("sigmoid")}
    expression = sp.sympify(text.replace("^", "**"), locals=scope)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + LIMIT, resource.RLIM_INFINITY))
    start = time.process_time()
    result = sp.simplify(expression)
    pipe.send((str(result).replace("**", "^"), time.process_time() - start))


def main():
    path = pathlib.Path(__file__).resolve().parent.parent / "data" / "sympy-simplified.jsonl"
    done = {json.loads(line)["formula"] for line in path.read_text().splitlines()} if path.exists() else set()
    for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
        entry = json.loads(line)
        if entry["formula"] in done:
            continue
        receiver, sender = multiprocessing.Pipe(False)
        process = multiprocessing.Process(target=simplify, args=(entry["formula"], sender))
        process.start()
        sender.close()
        try:
            entry["simplified"], entry["seconds"] = receiver.recv()
        except EOFError:
            entry["simplified"], entry["seconds"] = None, LIMIT
        process.join()
        with path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    main()
