"""Compares exported NumPy modules with the evaluator's values; with SymPy the expressions for it as well.

The argument is a folder with, for each formula, the module f….py, the expression f….sympy, the names of the
observations f….names, and rows f….states of doubles: observation, action, and the size on which rounding
works for each action.
"""

import pathlib
import sys
import warnings

import numpy as np

LIMIT = 1e-12
MEANINGLESS = 1e-6
SYMPY_STATES = 3
SYMPY_FORMULAS = int(sys.argv[2]) if len(sys.argv) > 2 else 0

worst, n_compared, n_odd, n_left_out, failures = 0.0, 0, 0, 0, []
sympy_worst, n_sympy = 0.0, 0
# a module must not bother its users with warnings
warnings.simplefilter("error")

for number, path in enumerate(sorted(pathlib.Path(sys.argv[1]).glob("f*.py"))):
    namespace = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    names = path.with_suffix(".names").read_text(encoding="utf-8").split()
    data = np.fromfile(path.with_suffix(".states"))
    # policy() says how many actions there are
    n_actions = namespace["policy"](np.zeros((1, len(names)))).shape[1]
    rows = data.reshape(-1, len(names) + 2 * n_actions)
    states = rows[:, : len(names)]
    expected = rows[:, len(names) : len(names) + n_actions]
    size = rows[:, len(names) + n_actions :]

    found = namespace["policy"](states)
    if found.shape != expected.shape:
        failures.append(f"{path.name}: shape {found.shape}")
        continue
    # one state alone gives what it gives among others, but for the last digits of vectorised functions
    alone = namespace["policy"](states[0])
    if alone.shape != (n_actions,):
        failures.append(f"{path.name}: shape {alone.shape} for one state")

    odd = ~np.isfinite(expected)
    with np.errstate(all="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        meaningless = ~(size * 2.0**-53 <= MEANINGLESS * np.where(odd, 1, 1 + np.abs(expected)))
        error = np.where(same | odd | meaningless, 0, np.abs(found - expected) / size)
    wrong = (odd & ~meaningless & ~same) | ~(error <= LIMIT)
    if wrong.any():
        k = np.argwhere(wrong)[0]
        failures.append(f"{path.name}: {wrong.sum()} wrong, such as {found[tuple(k)]} for {expected[tuple(k)]}")
    worst = max(worst, error.max())
    n_compared += expected.size
    n_odd += (odd & ~meaningless).sum()
    n_left_out += meaningless.sum()

    if number < SYMPY_FORMULAS:
        import sympy

        warnings.simplefilter("ignore")
        parsed = sympy.sympify(path.with_suffix(".sympy").read_text(encoding="utf-8"))
        parsed = parsed if isinstance(parsed, list) else [parsed]
        for state, values, sizes in zip(states[:SYMPY_STATES], expected, size):
            for expression, value, scale in zip(parsed, values, sizes):
                if not np.isfinite(value) or not scale * 2.0**-53 <= MEANINGLESS * (1 + abs(value)):
                    continue
                symbols = {sympy.Symbol(name): sympy.Float(float(x), 30) for name, x in zip(names, state)}
                result = complex(expression.subs(symbols).evalf(30))
                if not abs(result - value) / scale <= LIMIT:
                    failures.append(f"{path.name}: SymPy {result} for {value}")
                else:
                    sympy_worst = max(sympy_worst, abs(result - value) / scale)
                n_sympy += 1
        warnings.simplefilter("error")

print(f"NumPy {np.__version__}: worst {worst:.3g} at {n_compared} actions, {n_odd} not finite, {n_left_out} left out")
if n_sympy > 0:
    print(f"SymPy: worst {sympy_worst:.3g} at {n_sympy} actions")
for failure in failures[:20]:
    print(failure)
sys.exit(1 if failures else 0)
