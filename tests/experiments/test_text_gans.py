"""The experiment of chapter 13: its language, its measures and its two ways of training."""

import pytest
import torch

from aigc_lessons.data.grammar import Grammar, animal_rules
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch13_text_gans as text_gans
from aigc_lessons.models.gan import text as gan_text


def test_the_list_of_texts_is_the_whole_language() -> None:
    grammar = Grammar(animal_rules())
    texts = text_gans.all_texts(grammar)
    chances = torch.tensor([grammar.log_probability(text) for text in texts]).exp()
    assert len(texts) == len(set(texts)) == 100
    assert chances.sum().item() == pytest.approx(1, abs=1e-5)
    assert set(grammar.sample(200, torch.Generator().manual_seed(0))) <= set(texts)


def test_the_exact_measures_agree_with_samples() -> None:
    source = text_gans.grammar_source()
    torch.manual_seed(0)
    model = gan_text.TextGenerator(len(source.vocabulary) + 1, 32)
    text_gans.learn(model, source, 150, 0)
    numbers = source.measure(model, 0.5)
    texts = gan_text.to_texts(model.sample(4_000, text_gans.LENGTH, 0.5), source.vocabulary)
    language = set(text_gans.all_texts(Grammar(animal_rules())))
    share = sum(text in language for text in texts) / 4_000
    assert share > 0.02 and abs(share - numbers["valid"]) < 5 * (share / 4_000) ** 0.5
    assert numbers["cross-entropy"] > Grammar(animal_rules()).entropy()
    assert 0 < numbers["total variation"] < 1


def test_no_held_out_word_is_learnt_from() -> None:
    learnt, held_out = text_gans.words()
    assert not set(learnt) & set(held_out)
    assert 0.19 < len(held_out) / (len(learnt) + len(held_out)) < 0.21
    assert max(map(len, learnt + held_out)) < text_gans.LENGTH


@pytest.mark.parametrize("game", ["straight-through", "REINFORCE"])
def test_the_discriminator_learns_alone_and_the_generator_moves_towards_it(game: str) -> None:
    """An update makes texts look more real to a discriminator that stands still."""
    source = text_gans.grammar_source()
    torch.manual_seed(0)
    model = gan_text.TextGenerator(len(source.vocabulary) + 1, 32)
    discriminator = gan_text.TextDiscriminator(model.symbols, 32)
    learning = torch.optim.Adam(discriminator.parameters(), 1e-2)
    draws = torch.Generator().manual_seed(0)

    def fake() -> torch.Tensor:
        if game == "straight-through":
            return model.sample_relaxed(64, text_gans.LENGTH, 0.5)
        codes = model.sample(64, text_gans.LENGTH)
        return torch.nn.functional.one_hot(codes, model.symbols).float()

    for _ in range(30):
        loss = text_gans.discriminator_loss(discriminator, source.draw(draws), fake().detach())
        learning.zero_grad()
        loss.backward()
        learning.step()
    before = text_gans.discriminator_loss(discriminator, source.draw(draws), fake().detach()).item()
    assert before < 1.0, "the discriminator tells them apart"
    generating = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(30):
        loss = text_gans.generator_loss(game, model, discriminator, fake())
        generating.zero_grad()
        loss.backward()
        generating.step()
    after = text_gans.discriminator_loss(discriminator, source.draw(draws), fake().detach()).item()
    assert after > before + 0.2


def test_an_unknown_case_is_named() -> None:
    with pytest.raises(CourseError, match="There is no case 'poems, likelihood'"):
        text_gans.measure("poems, likelihood", 0)
