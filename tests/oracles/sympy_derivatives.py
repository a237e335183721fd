#!/usr/bin/python3
"""Writes tests/data/derivative-values.json: derivatives of formulas by each variable, computed by SymPy to
40 digits. The formulas are those of sympy_expressions.py, whose reading of them is used. Needed only to
write the file anew:

    python3 tests/oracles/sympy_derivatives.py
"""

import json
import pathlib
import re

import sympy as sp

from sympy_expressions import FUNCTIONS, NAMES

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def derivatives_of(text, points):
    """For each point and variable the derivative as a double, or None where it is not finite and real."""
    python = re.sub(r"(?<![\w.])(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)", r'number("\1")', text)
    python = python.replace("^", "**").replace("if(", "if_(").replace("softif_(", "softif(")
    variables = {name: sp.Symbol(name, real=True) for name in NAMES}
    expression = sp.sympify(eval(python, {"__builtins__": {}}, FUNCTIONS | variables))
    rows = []
    partial = [sp.diff(expression, variables[name]) for name in NAMES]
    for point in points:
        values = {variables[name]: sp.Rational(c) for name, c in zip(NAMES, point)}
        row = []
        for derivative in partial:
            try:
                result = derivative.subs(values).evalf(40)
                row.append(float(result) if result.is_real and result.is_finite else None)
            except (RecursionError, TypeError):
                # it did not find the derivative of every limit
                row.append(None)
        rows.append(row)
    return rows


def main():
    source = json.loads((DATA / "expression-values.json").read_text())
    expressions = []
    for entry in source["expressions"]:
        if len(entry["text"]) > 90:
            continue
        try:
            rows = derivatives_of(entry["text"], source["points"])
        except (ZeroDivisionError, TypeError):
            continue
        expressions.append({"text": entry["text"], "values": rows})
    lines = ",\n".join("    " + json.dumps(expression) for expression in expressions)
    (DATA / "derivative-values.json").write_text(
        f'{{\n  "symbols": {json.dumps(NAMES)},\n  "points": {json.dumps(source["points"])},\n'
        f'  "expressions": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
