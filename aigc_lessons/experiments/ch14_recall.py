"""Who remembers the first of forty symbols after 240 updates (chapter 14)?

A text has 40 independent symbols out of eight, and the answer is the first. Chance costs log 8 =
2.079 nats, memory costs 0. The cases differ in the kind of memory and in numbers that are added at
initialisation: one to the bias of the update gate (GRU) or of the forget gate (LSTM), so that the
state is kept, and one to that of the LSTM's input gate, so that little is written.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.autoregressive.recurrent import MEMORIES

SYMBOLS, LENGTH, WIDTH, BATCH, UPDATES, RATE = 8, 40, 48, 48, 240, 1e-2
CASES = {
    "plain": ("RNN", 0.0, 0.0),
    "GRU": ("GRU", 0.0, 0.0),
    "GRU, bias +4": ("GRU", 4.0, 0.0),
    "LSTM": ("LSTM", 0.0, 0.0),
    "LSTM, bias +4": ("LSTM", 4.0, 0.0),
    "LSTM, forget +4, input -4": ("LSTM", 4.0, -4.0),
}


def measure(case: str, seed: int) -> dict[str, float]:
    """Train one memory; return the mean cost of its last 20 updates and the largest cost of all.

    Raises:
        CourseError: there is no such case.
    """
    if case not in CASES:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(CASES)}.")
    kind, keep, write = CASES[case]
    torch.manual_seed(seed)
    memory = MEMORIES[kind](SYMBOLS, WIDTH, batch_first=True)
    answer = nn.Linear(WIDTH, SYMBOLS)
    if keep:
        with torch.no_grad():  # what keeps is the second gate, for both kinds
            memory.bias_ih_l0[WIDTH : 2 * WIDTH] += keep
            memory.bias_ih_l0[:WIDTH] += write
    parameters = [*memory.parameters(), *answer.parameters()]
    optimizer = torch.optim.Adam(parameters, RATE)
    costs: list[float] = []
    for _ in range(UPDATES):
        symbols = torch.randint(SYMBOLS, (BATCH, LENGTH))
        last = memory(F.one_hot(symbols, SYMBOLS).float())[0][:, -1]
        loss = F.cross_entropy(answer(last), symbols[:, 0])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        costs.append(loss.item())
    return {"nats": math.fsum(costs[-20:]) / 20, "largest": max(costs)}


EXPERIMENT = Experiment(
    summary="remembering the first of forty symbols (chapter 14)",
    cases=tuple(CASES),
    seeds=(0, 1, 2),
    measure=measure,
)
