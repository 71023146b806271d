"""The experiment of chapter 13: its language, its measures and its two ways of training."""

import pytest
import torch

from aigc_lessons import gan_text
from aigc_lessons.data.grammar import Grammar
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import text_gans


def test_the_list_of_texts_is_the_whole_language() -> None:
    grammar = Grammar(text_gans.RULES)
    texts = text_gans.all_texts(grammar)
    chances = torch.tensor([grammar.log_probability(text) for text in texts]).exp()
    assert len(texts) == len(set(texts)) == 100
    assert chances.sum().item() == pytest.approx(1, abs=1e-5)
    assert set(grammar.sample(200, torch.Generator().manual_seed(0))) <= set(texts)


def test_the_exact_measures_agree_with_samples() -> None:
    source = text_gans.grammar_source()
    torch.manual_seed(0)
    writer = gan_text.Writer(len(source.vocabulary) + 1, 32)
    text_gans.learn(writer, source, 150, 0)
    numbers = source.measure(writer, 0.5)
    texts = gan_text.to_texts(writer.sample(4_000, text_gans.LENGTH, 0.5), source.vocabulary)
    language = set(text_gans.all_texts(Grammar(text_gans.RULES)))
    share = sum(text in language for text in texts) / 4_000
    assert share > 0.02 and abs(share - numbers["valid"]) < 5 * (share / 4_000) ** 0.5
    assert numbers["cross-entropy"] > Grammar(text_gans.RULES).entropy()
    assert 0 < numbers["total variation"] < 1


def test_no_held_out_word_is_learnt_from() -> None:
    learnt, held_out = text_gans.words()
    assert not set(learnt) & set(held_out)
    assert 0.19 < len(held_out) / (len(learnt) + len(held_out)) < 0.21
    assert max(map(len, learnt + held_out)) < text_gans.LENGTH


@pytest.mark.parametrize("game", ["straight-through", "REINFORCE"])
def test_the_judge_learns_alone_and_the_writer_moves_towards_it(game: str) -> None:
    """A writer's update makes its texts look more real to a judge that stands still."""
    source = text_gans.grammar_source()
    torch.manual_seed(0)
    writer = gan_text.Writer(len(source.vocabulary) + 1, 32)
    judge = gan_text.Judge(writer.symbols, 32)
    learning = torch.optim.Adam(judge.parameters(), 1e-2)
    generator = torch.Generator().manual_seed(0)

    def fake() -> torch.Tensor:
        if game == "straight-through":
            return writer.write(64, text_gans.LENGTH, 0.5)
        codes = writer.sample(64, text_gans.LENGTH)
        return torch.nn.functional.one_hot(codes, writer.symbols).float()

    for _ in range(30):
        loss = text_gans.judge_loss(judge, source.draw(generator), fake().detach())
        learning.zero_grad()
        loss.backward()
        learning.step()
    before = text_gans.judge_loss(judge, source.draw(generator), fake().detach()).item()
    assert before < 1.0, "the judge tells them apart"
    writing = torch.optim.Adam(writer.parameters(), 1e-2)
    for _ in range(30):
        loss = text_gans.writer_loss(game, writer, judge, fake())
        writing.zero_grad()
        loss.backward()
        writing.step()
    after = text_gans.judge_loss(judge, source.draw(generator), fake().detach()).item()
    assert after > before + 0.2


def test_an_unknown_case_is_named() -> None:
    with pytest.raises(CourseError, match="There is no case 'poems, likelihood'"):
        text_gans.measure("poems, likelihood", 0)
