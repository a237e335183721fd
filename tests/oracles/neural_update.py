#!/usr/bin/python3
"""Computes updates of SAC and TD3 with a neural policy by automatic differentiation.

The counterpart of sac_update.py for the other kind of policy, made of its parts where the two agree (critics,
Adam, the entropy's weight, batches, the search for a seed that keeps away from every kink). Written from the
papers (SAC: arXiv 1812.05905, TD3: arXiv 1802.09477), not from the program's code.

    neural_update.py tests/data/golden-neural.json
"""

import math
import sys

import numpy as np
import torch

import sac_update as base
from sac_update import (BATCH, CRITIC, N_ACTIONS, N_OBSERVATIONS, SAFE, Learner, draw_batch, draw_network, keep_away,
                        mlp, rounded, single)

POLICY = [N_OBSERVATIONS, 10, 9]
RECIPE = {
    "policy": "neural",
    "batch_size": BATCH,
    "critic_hidden": CRITIC[1:-1],
    "policy_hidden": POLICY[1:],
    "discount": 0.97,
    "reward_scale": 5,
    "reward_offset": 0.3,
    "reward_floor": -1.5,
    "critic_rate": 0.002,
    "target_rate": 0.01,
    "policy_rate": 0.001,
    "entropy_rate": 0.004,
    "target_entropy": -1,
    "saturation_limit": 0.3,
    "saturation_penalty": 0.25,
    # those of a symbolic policy only, which must not enter
    "guard_penalty": 1.5,
    "weight_penalty": 2,
    "bias_penalty": 0.7,
    "sparsity_weight": 0.2,
}
CASES = [
    {"name": "SAC, clipped", "start": "sac",
     "fields": {"policy_clip": 0.5, "selector_clip": 0.1, "minimum_entropy_weight": 0}},
    {"name": "SAC, not clipped, every second update", "start": "sac",
     "fields": {"policy_clip": 0, "minimum_entropy_weight": 0.805, "policy_period": 2}},
    {"name": "TD3", "start": "td3",
     "fields": {"algorithm": "td3", "policy_clip": 0, "policy_period": 2, "smoothing_noise": 0.4,
                "smoothing_limit": 0.5}},
    {"name": "TD3 at every update, clipped", "start": "td3",
     "fields": {"algorithm": "td3", "policy_clip": 0.05, "smoothing_noise": 0.3, "smoothing_limit": 0.4}},
]
SCHEDULES = [{"temperature": 1, "allowed_paths": 0, "rate": rate} for rate in (1, 0.8, 0.6, 1)]


class NeuralLearner(Learner):
    def __init__(self, start, recipe):
        super().__init__(start, recipe)
        self.deterministic = recipe.get("algorithm") == "td3"
        self.widths = POLICY + [(1 if self.deterministic else 2) * N_ACTIONS]
        self.target_policy = self.policy
        self.updates = 0
        self.figures = {"critic_loss": 0, "policy_loss": 0, "penalty": 0, "sparsity": 0, "entropy": 0, "value": 0,
                        "policy_norm": 0}

    def act(self, parameters, observations, noise):
        """Returns actions and u [actions][B], log π [B]; the noise of a deterministic policy is added to actions."""
        outputs = mlp(parameters, self.widths, observations)
        if self.deterministic:
            moved = torch.tanh(outputs) + noise
            keep_away(moved.abs() - 1)
            return moved.clamp(-1, 1), outputs, torch.zeros(observations.shape[1])
        mean, log_deviation = outputs[:N_ACTIONS], outputs[N_ACTIONS:]
        keep_away(log_deviation - 2)
        deviation = log_deviation.clamp(-20, 2).exp()
        z = mean + deviation * noise
        squash = math.log(4) - 2 * torch.logaddexp(z, -z)
        log_density = (torch.distributions.Normal(mean, deviation).log_prob(z) - squash).sum(0)
        return torch.tanh(z), mean, log_density

    def update(self, schedule, batch, noise):
        recipe = self.recipe
        alpha = 0 if self.deterministic else self.log_alpha.exp().item()
        batch = {name: torch.tensor(values) for name, values in batch.items()}
        noise = {name: torch.tensor(values) for name, values in noise.items()}
        self.updates += 1
        policy_too = self.updates % recipe.get("policy_period", 1) == 0
        # those of the policy stand until its next turn
        figures = self.figures = dict(self.figures)

        with torch.no_grad():
            next_noise, parameters = noise["next_normal"], self.policy
            if self.deterministic:
                next_noise, parameters = recipe["smoothing_noise"] * next_noise, self.target_policy
                keep_away(next_noise.abs() - recipe["smoothing_limit"])
                next_noise = next_noise.clamp(-recipe["smoothing_limit"], recipe["smoothing_limit"])
            action, _, log_density = self.act(parameters, batch["next_observations"], next_noise)
            future = self.value(self.targets, batch["next_observations"], action) - alpha * log_density
            target = self.target(batch, future)

        if policy_too:
            parameters = self.policy.clone().requires_grad_()
            action, mean, log_density = self.act(parameters, batch["observations"],
                                                 0 if self.deterministic else noise["normal"])
            if self.deterministic:
                value = self.value(self.critics, batch["observations"], action, smaller=False)[0].mean()
            else:
                value = self.value(self.critics, batch["observations"], action).mean()
            keep_away(mean.abs() - recipe["saturation_limit"])
            saturation = torch.relu(mean.abs() - recipe["saturation_limit"]).mean()
            loss = alpha * log_density.mean() - value + recipe["saturation_penalty"] * saturation
            gradient, = torch.autograd.grad(loss, parameters)
            norm = gradient.norm().item()
            figures.update({"policy_loss": loss.item(), "entropy": -log_density.mean().item(),
                            "value": value.item(), "policy_norm": norm})

        figures["critic_loss"], critic_gradients = self.differentiate_critics(batch, target)

        rate = schedule["rate"]
        self.step_critics(critic_gradients, rate)
        if policy_too:
            clip = recipe["policy_clip"]
            scale = clip / norm if clip and norm > clip else 1
            self.policy = self.policy_adam.step(self.policy, scale * gradient, recipe["policy_rate"] * rate)
        if policy_too and not self.deterministic:
            self.step_entropy_weight(figures["entropy"], rate)
        if policy_too or not self.deterministic:
            self.follow_critics()
        if policy_too and self.deterministic:
            self.target_policy = self.target_policy + recipe["target_rate"] * (self.policy - self.target_policy)

        self.told = norm if policy_too else None
        return figures

    def state(self):
        state = super().state()
        if self.deterministic:
            state["target_policy"] = rounded(self.target_policy)
        return state


def draw(seed):
    """Returns the starts of the two algorithms and the inputs of the updates."""
    random = np.random.default_rng(seed)

    policy = draw_network(random, POLICY + [2 * N_ACTIONS], 1)
    policy[-1] = 1.9  # some ln σ beyond 2
    common = {"critics": [single(draw_network(random, CRITIC, 1.5)) for _ in range(2)],
              "targets": [single(draw_network(random, CRITIC, 1.5)) for _ in range(2)], "log_alpha": single(math.log(0.8))}
    starts = {"sac": {"policy": single(policy), **common},
              "td3": {"policy": single(draw_network(random, POLICY + [N_ACTIONS], 1)), **common}}

    updates = []
    for schedule in SCHEDULES:
        updates.append({
            "schedule": schedule,
            "batch": draw_batch(random),
            "noise": {
                "next_uniform": [],
                "next_normal": single(random.normal(0, 1, (N_ACTIONS, BATCH))),
                "logistic": [],
                "normal": single(random.normal(0, 1, (N_ACTIONS, BATCH))),
            },
        })
    return starts, updates


def main(path):
    for seed in range(10000):
        base.margins.clear()
        starts, updates = draw(seed)
        cases, told = [], []
        for case in CASES:
            recipe = {**RECIPE, **case["fields"]}
            learner = NeuralLearner(starts[case["start"]], recipe)
            expected = []
            for update in updates:
                figures = learner.update(update["schedule"], update["batch"], update["noise"])
                expected.append({"figures": figures, **learner.state()})
                told.append((case["name"], figures, learner.told))
            cases.append({"name": case["name"], "start": case["start"], "recipe": recipe, "expected": expected})
        wide = mlp(torch.tensor(starts["sac"]["policy"]), POLICY + [2 * N_ACTIONS],
                   torch.tensor(updates[0]["batch"]["observations"]))[N_ACTIONS:] > 2
        if min(base.margins) > SAFE and 0 < wide.double().mean() < 1:
            break
    print(f"seed {seed}, nearest decision {min(base.margins):.2g}")
    for line in told:
        print(*line)
    base.write(path, {"starts": starts}, updates, cases)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
