#!/usr/bin/python3
"""Compares batched evaluation with NumPy on 10,000 states: processor times, interleaved round by round.

    compare-numpy.py PROGRAM [ROUNDS]

PROGRAM is benchmark-evaluation. Skipped (77) where there is no NumPy.
"""

import json
import re
import statistics
import subprocess
import sys
import time

try:
    import numpy as np
except ImportError:
    print("NumPy is not installed")
    sys.exit(77)

N = 10000
FORMULAS = [
    # kind, formula
    ("arithmetic", "((((((2*x + y)*x - 3)*y + x)*2 - y)*x + z)*w - 1)*x"
                   " + ((x - y)*(z - w) + 0.5*x*y - 2*z)*(x*w - 3*y + 0.1) - 1.5*w + 0.25*x"),
    ("arithmetic", "(0.7*x - 1.1*y + 0.3*z - 0.4)*(2.2*y + 0.3*w - 0.1) - 1.4*(0.5*x - z + 0.2*w)*(0.9*y - 0.6)"
                   " + 0.8*x*(1.3*z - 0.2*y + 0.5) + 0.1*w - 0.7*z"),
    ("arithmetic", "1.5*x^3 - 0.5*x^2*y + 0.3*x*y^2 - 0.2*y^3 + 1.1*z^2 - 0.7*z*w + 0.4*w^3 - 0.9*x + 0.6*y - 1.2*z"
                   " + 0.1*w"),
    ("arithmetic", "pmul(0.7*x - 1.1*y + 0.2, 2.2*z + 0.3*w) - pdiv(1.4*x + 0.1*w, 0.5*y - z + 0.2)"
                   " + clamp(3*x - y*z, -1, 1) + max(x*w, y - 0.5) + 0.3*min(z, 2*w - x)"),
    ("transcendental", "1.2*sin(1.4*x - 0.3*y) + 0.7*cos(2.1*z + 0.2*w - 0.5) - 0.9*x*sin(w) + 0.3*y*z - 0.2*w"),
    ("transcendental", "tanh(1.5*sin(1.2*x + 0.3) - 0.4*exp(0.5*y - z) + 0.2*w*x) + 0.8*log(abs(x*y) + 1)"),
    ("transcendental", "softif(1.2*x - 0.4*w, pmul(x, y) + 0.3*z, plog(z + 0.5*x)) - 1.4*pexp(0.5*x - z) + 0.9*sin(2*y)"),
]


def guarded_divide(a, b):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b >= 0.01, a / b, 0.0)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def soft_if(a, b, c):
    weight = sigmoid(a)
    return weight * b + (1 - weight) * c


NAMES = {
    "sin": np.sin, "cos": np.cos, "exp": np.exp, "log": np.log, "tanh": np.tanh, "abs": np.abs,
    "min": np.minimum, "max": np.maximum, "clamp": np.clip, "sigmoid": sigmoid,
    "pmul": lambda a, b: np.clip(a, -100, 100) * np.clip(b, -100, 100), "pdiv": guarded_divide,
    "plog": lambda a: np.log(np.maximum(a, 0.001)), "pexp": lambda a: np.exp(np.clip(a, -10, 4)),
    "softif": soft_if,
}


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    program = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(line):
        program.stdin.write(line + "\n")
        program.stdin.flush()
        return json.loads(program.stdout.readline())

    states = (-2 + 4 * ((np.arange(4 * N) * 7919) % 10007) / 10007).reshape(4, N)
    limit = min(ask("limit")["time"] for _ in range(4 * rounds))
    rows = min(ask("rows")["time"] for _ in range(4 * rounds))
    stream = min(ask("stream")["time"] for _ in range(4 * rounds))
    print(f"multiplying and adding in registers: {limit:.4f} ns an operation; adding rows in the fastest "
          f"cache: {rows:.4f} ns; adding up the columns: "
          f"{stream / 1000:.2f} us a batch")
    print("kind            ops  double us  single us  one by one us  NumPy us  ratio  of arithmetic limit: "
          "10,000 states  768 states")
    for kind, text in FORMULAS:
        code = compile("lambda x, y, z, w: " + re.sub(r"\^", "**", text), "formula", "eval")
        function = eval(code, dict(NAMES))
        ours, numpys, ratios = [], [], []
        for _ in range(rounds):
            answer = ask(text)
            start = time.process_time_ns()
            for _ in range(20):
                values = function(*states)
            numpys.append((time.process_time_ns() - start) / 20)
            ours.append(answer)
            ratios.append(numpys[-1] / answer["double"])
            if not np.allclose(values[:5], answer["values"], rtol=1e-12, atol=1e-12):
                sys.exit(f"{text}: NumPy has {values[:5]}, but the program {answer['values']}")
        best = {key: min(answer[key] for answer in ours) for key in ("double", "single", "near", "alone")}
        operations = ours[0]["operations"]
        print(f"{kind:14s} {operations:4d} {best['double'] / 1000:10.2f} {best['single'] / 1000:10.2f} "
              f"{best['alone'] / 1000:14.0f} {min(numpys) / 1000:9.1f} {statistics.median(ratios):6.1f} "
              f"{operations * N * limit / best['double']:36.0%} {operations * 768 * limit / best['near']:11.0%}")
    program.stdin.close()
    program.wait()


if __name__ == "__main__":
    main()
