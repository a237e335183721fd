#!/usr/bin/python3
"""Writes tests/data/expression-values.json: formulas with values computed by SymPy to 40 digits.

The formulas are read by Python and SymPy, whose grammar and arithmetic share nothing with the program;
the guarded operations are written down here once more, from their definition. Needed only to write the
file anew:

    python3 tests/oracles/sympy_expressions.py
"""

import json
import pathlib
import random
import re

import sympy as sp

NAMES = ["x", "y", "z"]
HAND = """
2*x - 3*y + 0.5*z; -2*x - 10*y; x^2 + y^2 - z^2; -x^2; (-x)^2; -x^-2; 2^-x; 2^3^2; x - y - z; x - (y - z)
x/y/z; x/(y/z); x*y/z; x/y*z; -x*y; --x; 7 - 4 - 2*x; 3*x/3; x/3 + x/3; (x + y)*(x - y); 1/(2*x); x/(2*y)
sin(x)^2 + cos(x)^2; tanh(3*y - x)*2; 2*tanh(2*x + 3*y) - tanh(x); exp(x)*exp(-x); exp(2*x - y); log(abs(x) + 1)
sqrt(abs(x*y)); sqrt(x^2 + y^2 + 1); abs(-x) + abs(y); sign(x)*y; sigmoid(x); sigmoid(-30*y); sigmoid(100*z)
min(x, y); max(x, y); if(x, y, z); if(x - y, 1, -1)*z; clamp(x*10, -1, 1); clamp(5*y, x - 3, x + 3); pi*x
pmul(x, y); pmul(100*x, y); pmul(1000*x, -1000*y); pdiv(x, y); pdiv(x, -y); pdiv(1, 0.02 + y^2); plog(x); plog(-x)
plog(x)*pexp(y); pexp(5*x); pexp(-20*y); pexp(x); softif(x, y, z); softif(50*x, y, z); softif(0, 2*x, 3*y)
2*(3*x + 4*y + 1) - 6*x; 0.1 + 0.2 + x; 1e-3*x + 1e3*y; .5*x - 5.*y; 1.5E1*z; x*x*x; x^2*x^-3; (x^2)^3/x
tanh(1.5*sin(x) - pdiv(y, 0.3*z + 1) + 0.2); softif(1.2*x - 0.4, pmul(x, y), plog(z)) + 0.1*x; 2*(x + y) + 3*(y + x)
pmul(0.7*x - 1.1, 2.2*y + 0.3) - 1.4*pexp(0.5*x - z) + 0.9*sin(2*y); (1 - x)*(2 - y)*(3 - z); ((x)); x/(1 + x^2)
(x + 1)^3 - x^3 - 3*x^2 - 3*x; cos(-2*x) + y; sin(-x)*sin(-y); (-x)^3*(-y)^2; 3*x*2*y*0.5; 1 - -x - -y; +x - +y
"""


def number(text):
    """The double that the text means, exactly."""
    return sp.Rational(float(text))


def limit(a, low, high):
    return sp.Max(low, sp.Min(high, a))


def sigmoid(a):
    return 1 / (1 + sp.exp(-a))


GUARD_DIVIDE, GUARD_LOG = number("0.01"), number("0.001")
FUNCTIONS = {
    "sin": sp.sin, "cos": sp.cos, "exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt, "abs": sp.Abs, "sign": sp.sign,
    "tanh": sp.tanh, "sigmoid": sigmoid, "min": sp.Min, "max": sp.Max,
    "if_": lambda a, b, c: sp.Piecewise((b, a > 0), (c, True)),
    "clamp": lambda a, b, c: limit(a, b, c),
    "pmul": lambda a, b: limit(a, -100, 100) * limit(b, -100, 100),
    "pdiv": lambda a, b: sp.Piecewise((a / b, b >= GUARD_DIVIDE), (0, True)),
    "plog": lambda a: sp.log(sp.Max(a, GUARD_LOG)),
    "pexp": lambda a: sp.exp(limit(a, -10, 4)),
    "softif": lambda a, b, c: sigmoid(a) * b + (1 - sigmoid(a)) * c,
    "pi": number(repr(3.141592653589793)),
    "number": number,
}
ARITY = {"min": 2, "max": 2, "if": 3, "clamp": 3, "pmul": 2, "pdiv": 2, "softif": 3}
CALLS = ["sin", "cos", "abs", "tanh", "sigmoid", "plog", "pexp", "pmul", "pdiv", "softif", "min", "max", "if", "sign"]


def value_of(text, point):
    """The value as a double, or None where it is not a finite real number."""
    python = re.sub(r"(?<![\w.])(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)", r'number("\1")', text)
    python = python.replace("^", "**").replace("if(", "if_(").replace("softif_(", "softif(")
    variables = dict(zip(NAMES, (sp.Rational(c) for c in point)))
    result = sp.sympify(eval(python, {"__builtins__": {}}, FUNCTIONS | variables)).evalf(40)
    if not (result.is_real and result.is_finite):
        return None
    return float(result)


def generate(source, depth):
    """A random formula, with the parentheses that the grammar needs and some that it does not."""
    if depth == 0 or source.random() < 0.1:
        if source.random() < 0.65:
            return source.choice(NAMES)
        return source.choice(["2", "0.5", "1", "3.25", "0.1", "1e-2", repr(round(source.uniform(0, 5), 3))])
    kind = source.random()
    if kind < 0.45:
        operator = source.choice([" + ", " - ", "*", "*", "/"])
        left, right = generate(source, depth - 1), generate(source, depth - 1)
        if operator in ("*", "/"):
            left, right = f"({left})", f"({right})"
        elif operator == " - " or source.random() < 0.3:
            right = f"({right})"
        return left + operator + right
    if kind < 0.55:
        return f"({generate(source, depth - 1)})^{source.choice(['2', '3', '-1', '-2'])}"
    if kind < 0.65:
        return f"-({generate(source, depth - 1)})"
    name = source.choice(CALLS)
    return f"{name}({', '.join(generate(source, depth - 1) for _ in range(ARITY.get(name, 1)))})"


def main():
    source = random.Random(20240)
    points = [[source.uniform(-2, 2) for _ in NAMES] for _ in range(6)]
    texts = [t.strip() for t in HAND.replace("\n", ";").split(";") if t.strip()]
    expressions = []
    while len(expressions) < 210:
        text = texts.pop(0) if texts else generate(source, source.randint(2, 4))
        try:
            values = [value_of(text, point) for point in points]
        except (ZeroDivisionError, TypeError):
            continue
        if any(value is not None for value in values):
            expressions.append({"text": text, "values": values})

    path = pathlib.Path(__file__).resolve().parent.parent / "data" / "expression-values.json"
    lines = ",\n".join("    " + json.dumps(expression) for expression in expressions)
    path.write_text(f'{{\n  "symbols": {json.dumps(NAMES)},\n  "points": {json.dumps(points)},\n'
                    f'  "expressions": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
