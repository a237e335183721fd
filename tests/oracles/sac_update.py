#!/usr/bin/python3
"""Computes updates of soft actor-critic with a symbolic policy by automatic differentiation.

Writes a small case (all inputs, and what two consecutive updates make of them) for tests/core, so that the
tests need neither this script nor PyTorch. Everything is in double precision, from inputs that single
precision can represent. Written from the papers (SAC: arXiv 1812.05905, ESPL: arXiv 2311.02104) and from
the layouts that the headers in core/ give, not from the program's code.

    sac_update.py tests/data/golden-update.json

The seed is the first whose case keeps away from every kink and threshold (guards, ReLU, the smaller critic,
masks, limits), so that rounding cannot turn a decision, and in which some but not all ln σ are clamped.
"""

import json
import math
import sys

import numpy as np
import torch

torch.set_default_dtype(torch.float64)

N_OBSERVATIONS, N_ACTIONS, BATCH, MASKS = 3, 2, 12, 2
CRITIC = [N_OBSERVATIONS + N_ACTIONS, 16, 16, 1]
DEVIATION = [N_OBSERVATIONS, 8, 8, N_ACTIONS]
LAYERS = [["mul", "mul", "if"], ["div", "div"], ["log", "exp", "sin", "cos", "id"], []]
N_ARGUMENTS = {"mul": 2, "div": 2, "if": 3, "log": 1, "exp": 1, "sin": 1, "cos": 1, "id": 1}
SAFE = 2e-5

RECIPE = {
    "arrangement": "mul*2,if/div*2/log,exp,sin,cos,id",
    "batch_size": BATCH,
    "mask_samples": MASKS,
    "critic_hidden": CRITIC[1:-1],
    "deviation_hidden": DEVIATION[1:-1],
    "discount": 0.97,
    "reward_scale": 5,
    "reward_offset": 0.3,
    "reward_floor": -1.5,
    "critic_rate": 0.002,
    "target_rate": 0.01,
    "policy_rate": 0.001,
    "selector_rate": 0.005,
    "entropy_rate": 0.004,
    "target_entropy": -1,
    "guard_penalty": 1.5,
    "saturation_limit": 0.8,
    "saturation_penalty": 0.25,
    "weight_penalty": 2,
    "bias_penalty": 0.7,
    "sparsity_weight": 0.2,
    "derivative_limit": 2,
}
CASES = [
    {"name": "one joint clip", "fields": {"policy_clip": 0.5, "selector_clip": 0, "minimum_entropy_weight": 0}},
    {"name": "separate clips", "fields": {"policy_clip": 0.9, "selector_clip": 0.3, "minimum_entropy_weight": 0.805}},
    {"name": "soft masks, nothing clipped", "fields": {"policy_clip": 0, "soft_masks": True, "derivative_limit": 1e9}},
]
SCHEDULES = [
    {"temperature": 0.7, "allowed_paths": 60, "rate": 1},
    {"temperature": 0.55, "allowed_paths": 45.5, "rate": 0.8},
]

margins = []


def keep_away(values, weight=1.0):
    """Notes how far the values are from 0, where a decision turns."""
    margins.append(values.detach().abs().min().item() * weight)


def mlp(parameters, widths, inputs):
    """inputs: [widths[0]][samples]; per layer the weights [out][in], then the biases."""
    at, values = 0, inputs
    for i, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
        weights = parameters[at:at + n_in * n_out].reshape(n_out, n_in)
        at += n_in * n_out
        values = weights @ values + parameters[at:at + n_out, None]
        at += n_out
        if i + 2 < len(widths):
            keep_away(values)
            values = torch.relu(values)
    assert at == parameters.numel()
    return values


def hinge(values, low, high):
    """The penalty outside low … high."""
    return torch.relu(low - values) + torch.relu(values - high)


def operate(name, a):
    """Returns an operator's value and penalty for its arguments, the rows of a."""
    nothing = torch.zeros_like(a[0])
    if name == "mul":
        for row in a[:2]:
            keep_away(row.abs() - 100)
        return a[0].clamp(-100, 100) * a[1].clamp(-100, 100), hinge(a[0], -100, 100) + hinge(a[1], -100, 100)
    if name == "div":
        keep_away(a[1] - 0.01, 1 / 500)
        valid = a[1] >= 0.01
        quotient = torch.where(valid, a[0] / torch.where(valid, a[1], torch.ones_like(a[1])), nothing)
        return quotient, hinge(a[1], 0.01, math.inf)
    if name == "log":
        keep_away(a[0] - 0.001, 1 / 500)
        return a[0].clamp(min=0.001).log(), hinge(a[0], 0.001, math.inf)
    if name == "exp":
        keep_away(a[0] - 4)
        keep_away(a[0] + 10)
        return a[0].clamp(-10, 4).exp(), hinge(a[0], -10, 4)
    if name == "if":
        weight = torch.sigmoid(a[0])
        return weight * a[1] + (1 - weight) * a[2], nothing
    return {"sin": torch.sin, "cos": torch.cos, "id": lambda x: x}[name](a[0]), nothing


def count():
    """Returns the weights and biases of one symbolic network."""
    n_features, n_weights, n_biases = N_OBSERVATIONS, 0, 0
    for layer in LAYERS:
        rows = sum(N_ARGUMENTS[name] for name in layer) or 1
        n_weights += rows * n_features
        n_biases += rows
        n_features += len(layer)
    return n_weights, n_biases


N_WEIGHTS, N_BIASES = count()


def symbolic(weights, biases, observations):
    """Returns output [samples] and the sum over operators of penalties [samples] of one network."""
    x, penalty, w, b = observations, 0, 0, 0
    for layer in LAYERS:
        rows = sum(N_ARGUMENTS[name] for name in layer) or 1
        h = weights[w:w + rows * len(x)].reshape(rows, len(x)) @ x + biases[b:b + rows, None]
        w += rows * len(x)
        b += rows
        if not layer:
            assert w == N_WEIGHTS and b == N_BIASES
            return h[0], penalty
        values, row = [], 0
        for name in layer:
            value, cost = operate(name, h[row:row + N_ARGUMENTS[name]])
            row += N_ARGUMENTS[name]
            values.append(value)
            penalty = penalty + cost
        x = torch.cat([x, torch.stack(values)])
    raise AssertionError


class Policy:
    """A view of the parameters: weights, biases, deviation network, probabilities."""

    def __init__(self, parameters):
        n_deviation = sum((n_in + 1) * n_out for n_in, n_out in zip(DEVIATION, DEVIATION[1:]))
        sizes = [N_ACTIONS * N_WEIGHTS, N_ACTIONS * N_BIASES, n_deviation, N_ACTIONS * N_WEIGHTS]
        self.weights, self.biases, self.deviation, self.probabilities = parameters.split(sizes)

    def act(self, observations, masks, noise):
        """masks: [M][weights], noise: [actions][M·B]. Returns actions and u [actions][M·B], log π [M·B], and the
        guards' mean penalty."""
        rows, penalties = [], []
        for a in range(N_ACTIONS):
            biases = self.biases[a * N_BIASES:(a + 1) * N_BIASES]
            columns = []
            for mask in masks:
                effective = (self.weights * mask)[a * N_WEIGHTS:(a + 1) * N_WEIGHTS]
                u, penalty = symbolic(effective, biases, observations)
                columns.append(u)
                penalties.append(penalty)
            rows.append(torch.cat(columns))
        mean = torch.stack(rows)
        log_deviation = mlp(self.deviation, DEVIATION, observations)
        keep_away(log_deviation - 2)
        log_deviation = log_deviation.clamp(-20, 2).repeat(1, len(masks))
        z = mean + log_deviation.exp() * noise
        normal = torch.distributions.Normal(mean, log_deviation.exp())
        # ln (1 − tanh² z) = ln (4 / (e^z + e^−z)²), which has digits where tanh is 1
        squash = math.log(4) - 2 * torch.logaddexp(z, -z)
        log_density = (normal.log_prob(z) - squash).sum(0)
        return torch.tanh(z), mean, log_density, torch.cat(penalties).mean()


def gate(p, noise, temperature):
    return torch.sigmoid((torch.log(p + 1e-20) - torch.log(1 - p + 1e-20) + noise) / temperature)


def draw_masks(probabilities, noise, temperature, recipe):
    """Hard masks with the soft masks' derivative, each dm/dp limited; or the soft masks themselves."""
    leaf = probabilities.detach().repeat(MASKS, 1).requires_grad_()
    soft = gate(leaf, noise, temperature)
    slope, = torch.autograd.grad(soft.sum(), leaf)
    limit = recipe["derivative_limit"]
    keep_away((slope - limit) / limit)
    slope = slope.clamp(max=limit)
    if recipe.get("soft_masks"):
        value = soft.detach()
    else:
        keep_away(soft - 0.5)
        value = (soft.detach() > 0.5).to(soft.dtype)
    # the value, with the derivative that was asked for
    return value + slope * (probabilities - probabilities.detach())


class Adam:
    def __init__(self, n):
        self.first, self.second, self.time = torch.zeros(n), torch.zeros(n), 0

    def step(self, parameters, gradient, rates):
        self.time += 1
        self.first = 0.9 * self.first + 0.1 * gradient
        self.second = 0.999 * self.second + 0.001 * gradient ** 2
        first = self.first / (1 - 0.9 ** self.time)
        second = self.second / (1 - 0.999 ** self.time)
        return parameters - rates * first / (second.sqrt() + 1e-8)


class Learner:
    def __init__(self, start, recipe):
        self.recipe = recipe
        self.policy = torch.tensor(start["policy"])
        self.critics = [torch.tensor(values) for values in start["critics"]]
        self.targets = [torch.tensor(values) for values in start["targets"]]
        self.log_alpha = torch.tensor([start["log_alpha"]])
        self.policy_adam = Adam(self.policy.numel())
        self.critic_adams = [Adam(values.numel()) for values in self.critics]
        self.alpha_adam = Adam(1)

    def value(self, critics, observations, actions, smaller=True):
        inputs = torch.cat([observations.repeat(1, actions.shape[1] // observations.shape[1]), actions])
        values = [mlp(critic, CRITIC, inputs)[0] for critic in critics]
        if not smaller:
            return values
        keep_away(values[0] - values[1])
        return torch.minimum(*values)

    def target(self, batch, future):
        """Returns what the critics should say of the batch, for the values of the next states."""
        recipe = self.recipe
        rewards = torch.clamp(batch["rewards"], min=recipe["reward_floor"])
        return recipe["reward_scale"] * (rewards + recipe["reward_offset"]) \
            + (1 - batch["terminated"]) * recipe["discount"] * future

    def differentiate_critics(self, batch, target):
        """Returns the critics' loss and the gradient of each."""
        critics = [values.clone().requires_grad_() for values in self.critics]
        loss = sum(((values - target) ** 2).mean()
                   for values in self.value(critics, batch["observations"], batch["actions"], smaller=False))
        return loss.item(), torch.autograd.grad(loss, critics)

    def step_critics(self, gradients, rate):
        for c, gradient in enumerate(gradients):
            self.critics[c] = self.critic_adams[c].step(self.critics[c], gradient, self.recipe["critic_rate"] * rate)

    def follow_critics(self):
        for c in range(2):
            self.targets[c] = self.targets[c] + self.recipe["target_rate"] * (self.critics[c] - self.targets[c])

    def step_entropy_weight(self, entropy, rate):
        recipe = self.recipe
        goal = recipe["target_entropy"] * N_ACTIONS
        self.log_alpha = self.alpha_adam.step(self.log_alpha, torch.tensor([entropy - goal]),
                                              recipe["entropy_rate"] * rate)
        if recipe.get("minimum_entropy_weight"):
            self.log_alpha = self.log_alpha.clamp(min=math.log(recipe["minimum_entropy_weight"]))

    def update(self, schedule, batch, noise):
        recipe = self.recipe
        alpha = self.log_alpha.exp().item()
        batch = {name: torch.tensor(values) for name, values in batch.items()}
        noise = {name: torch.tensor(values) for name, values in noise.items()}

        # the critics' target
        with torch.no_grad():
            policy = Policy(self.policy)
            keep_away(noise["next_uniform"] - policy.probabilities)
            mask = (noise["next_uniform"] < policy.probabilities).to(torch.float64)
            action, _, log_density, _ = policy.act(batch["next_observations"], [mask], noise["next_normal"])
            future = self.value(self.targets, batch["next_observations"], action) - alpha * log_density
            target = self.target(batch, future)

        # the policy's loss
        parameters = self.policy.clone().requires_grad_()
        policy = Policy(parameters)
        masks = draw_masks(policy.probabilities, noise["logistic"], schedule["temperature"], recipe)
        action, mean, log_density, penalty = policy.act(batch["observations"], masks, noise["normal"])
        value = self.value(self.critics, batch["observations"], action).mean()
        keep_away(mean.abs() - recipe["saturation_limit"])
        excess = policy.probabilities.sum() - schedule["allowed_paths"]
        sparsity = torch.relu(excess) / N_ACTIONS
        loss = alpha * log_density.mean() - value + recipe["guard_penalty"] * penalty \
            + recipe["saturation_penalty"] * torch.relu(mean.abs() - recipe["saturation_limit"]).mean() \
            + recipe["weight_penalty"] * policy.weights.abs().mean() \
            + recipe["bias_penalty"] * policy.biases.abs().mean() \
            + recipe["sparsity_weight"] * sparsity
        gradient, = torch.autograd.grad(loss, parameters)

        critic_loss, critic_gradients = self.differentiate_critics(batch, target)

        # the steps: entropy weight, policy, critics, targets
        entropy = -log_density.mean().item()
        self.step_entropy_weight(entropy, schedule["rate"])

        norm = gradient.norm().item()
        selectors = torch.arange(gradient.numel()) >= gradient.numel() - N_ACTIONS * N_WEIGHTS
        norms = gradient[~selectors].norm().item(), gradient[selectors].norm().item()

        def scale(norm, limit):
            return min(1, limit / norm) if limit else 1

        if recipe.get("selector_clip"):
            scales = scale(norms[0], recipe["policy_clip"]), scale(norms[1], recipe["selector_clip"])
        else:
            scales = (scale(norm, recipe["policy_clip"]),) * 2
        gradient = gradient * torch.where(selectors, scales[1], scales[0])
        rates = torch.where(selectors, recipe["selector_rate"], recipe["policy_rate"]) * schedule["rate"]
        self.policy = self.policy_adam.step(self.policy, gradient, rates)
        self.policy[selectors] = self.policy[selectors].clamp(0, 1)

        self.step_critics(critic_gradients, schedule["rate"])
        self.follow_critics()

        figures = {"critic_loss": critic_loss, "policy_loss": loss.item(), "penalty": penalty.item(),
                   "sparsity": sparsity.item(), "entropy": entropy, "value": value.item(), "policy_norm": norm}
        self.told = {"norms": norms, "scales": scales,
                     "wide": (mlp(policy.deviation, DEVIATION, batch["observations"]) > 2).double().mean().item(),
                     "saturated": (mean.abs() > recipe["saturation_limit"]).double().mean().item()}
        return figures

    def state(self):
        return {
            "policy": rounded(self.policy),
            "policy_moment": rounded(self.policy_adam.first),
            "critics": [rounded(values) for values in self.critics],
            "critic_moments": [rounded(adam.first) for adam in self.critic_adams],
            "targets": [rounded(values) for values in self.targets],
            "log_alpha": self.log_alpha.item(),
        }


def rounded(values):
    """Eight digits: more than single precision has."""
    return [float(f"{value:.8g}") for value in values.tolist()]


def single(values):
    """The nearest numbers of single precision."""
    return np.asarray(values, dtype=np.float32).astype(float).tolist()


def draw_network(random, widths, size):
    return np.concatenate([random.uniform(-size, size, (n_in + 1) * n_out) / math.sqrt(n_in)
                           for n_in, n_out in zip(widths, widths[1:])])


def draw_batch(random):
    def observe():
        angle = random.uniform(-math.pi, math.pi, BATCH)
        return single([np.cos(angle), np.sin(angle), random.uniform(-2, 2, BATCH)])

    return {
        "observations": observe(),
        "actions": single(random.uniform(-1, 1, (N_ACTIONS, BATCH))),
        "rewards": single(random.normal(-1, 1, BATCH)),
        "next_observations": observe(),
        "terminated": [float(i % 5 == 2) for i in range(BATCH)],
    }


def draw(seed):
    """Returns the start and the inputs of the updates."""
    random = np.random.default_rng(seed)
    weights = random.uniform(-0.8, 0.8, N_ACTIONS * N_WEIGHTS)
    biases = random.uniform(-0.5, 0.5, (N_ACTIONS, N_BIASES))
    biases[:, [8, 10]] = random.uniform(0.3, 1.2, (N_ACTIONS, 2))  # of denominators
    deviation = draw_network(random, DEVIATION, 1)
    deviation[-1] = 2.3  # some ln σ beyond 2
    probabilities = random.uniform(0.2, 0.95, N_ACTIONS * N_WEIGHTS)
    probabilities[:3], probabilities[3:6], probabilities[6:9] = 1, 0, 1e-4
    probabilities[100:106] = 1
    start = {
        "policy": single(np.concatenate([weights, biases.ravel(), deviation, probabilities])),
        "critics": [], "targets": [], "log_alpha": single(math.log(0.8)),
    }
    for name in ("critics", "targets"):
        for _ in range(2):
            start[name].append(single(draw_network(random, CRITIC, 1.5)))

    updates = []
    for schedule in SCHEDULES:
        updates.append({
            "schedule": schedule,
            "batch": draw_batch(random),
            "noise": {
                "next_uniform": single(random.uniform(0, 1, N_ACTIONS * N_WEIGHTS)),
                "next_normal": single(random.normal(0, 1, (N_ACTIONS, BATCH))),
                "logistic": single(random.logistic(0, 1, (MASKS, N_ACTIONS * N_WEIGHTS))),
                "normal": single(random.normal(0, 1, (N_ACTIONS, MASKS * BATCH))),
            },
        })
    return start, updates


def write(path, start, updates, cases):
    """Writes one line for @start, an object with one member, and one for each update and case."""
    separators = (",", ":")
    lines = [json.dumps(start, separators=separators)[:-1],
             '"updates":[' + ",\n".join(json.dumps(update, separators=separators) for update in updates) + "]",
             '"cases":[' + ",\n".join(json.dumps(case, separators=separators) for case in cases) + "]}"]
    with open(path, "w", encoding="ascii") as file:
        file.write(",\n".join(lines) + "\n")


def main(path):
    for seed in range(10000):
        margins.clear()
        start, updates = draw(seed)
        cases, told = [], []
        for case in CASES:
            learner = Learner(start, {**RECIPE, **case["fields"]})
            expected = []
            for update in updates:
                figures = learner.update(update["schedule"], update["batch"], update["noise"])
                expected.append({"figures": figures, **learner.state()})
                told.append((case["name"], figures, learner.told))
            cases.append({"name": case["name"], "recipe": {**RECIPE, **case["fields"]}, "expected": expected})
        if min(margins) > SAFE and all(0 < learner["wide"] < 1 for _, _, learner in told):
            break
    print(f"seed {seed}, nearest decision {min(margins):.2g}")
    for line in told:
        print(*line)
    write(path, {"start": start}, updates, cases)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
