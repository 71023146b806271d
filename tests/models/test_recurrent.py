"""Recurrent models of text: what they see, and the chain rule over their logits."""

from itertools import product

import pytest
import torch

from aigc_lessons.models.autoregressive.recurrent import MEMORIES, RecurrentModel


@pytest.mark.parametrize("kind", MEMORIES)
def test_no_symbol_sees_itself_or_what_follows(kind: str) -> None:
    torch.manual_seed(0)
    model = RecurrentModel(5, kind, width=8)
    codes = torch.randint(5, (3, 6))
    for place in range(6):
        other = codes.clone()
        other[:, place:] = (other[:, place:] + 1) % 5
        same = slice(None), slice(place + 1)
        assert torch.equal(model(codes)[same], model(other)[same])
        if place < 5:
            assert not torch.equal(model(codes)[:, place + 1], model(other)[:, place + 1])


def test_the_probabilities_of_all_texts_sum_to_one() -> None:
    torch.manual_seed(0)
    model = RecurrentModel(3, "GRU", width=8)
    every = torch.tensor(list(product(range(3), repeat=4)))
    nats = model.negative_log_likelihoods(every).sum(1)
    assert (-nats).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_dropout_is_for_training_alone() -> None:
    torch.manual_seed(0)
    model, codes = RecurrentModel(3, "LSTM", width=8, dropout=0.5), torch.zeros(2, 4).long()
    assert not torch.equal(model(codes), model(codes))
    model.eval()
    assert torch.equal(model(codes), model(codes))
