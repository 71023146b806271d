"""Writing with a network that predicts the next token."""

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError, count
from aigc_lessons.models.autoregressive.transformer import Transformer

# Chooses the next token of each text: of logits (B, V) to tokens (B,).
Choice = Callable[[Tensor], Tensor]


def greedy(logits: Tensor) -> Tensor:
    """The most probable token of each row, (B,)."""
    return logits.argmax(-1)


def sampled(
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
) -> Choice:
    """Make the rule that draws the next token from the likely ones.

    Args:
        temperature: divides the logits; below 1 the likely tokens become likelier.
        top_k: draw from so many of the most probable tokens alone (Fan et al., 2018).
        top_p: then from the fewest of them whose probability is at least this
            (Holtzman et al., 2020).
        generator: of the draws.

    Raises:
        CourseError: a number that leaves nothing to draw from.
    """
    if not temperature > 0:
        raise CourseError(f"The temperature must be positive, not {temperature}. At 0: greedy.")
    if not 0 < top_p <= 1:
        raise CourseError(f"top_p must lie in (0, 1], not {top_p}; 1 keeps all tokens.")
    if top_k is not None:
        count(top_k, "top_k")

    def choose(logits: Tensor) -> Tensor:
        ordered, tokens = (logits / temperature).sort(descending=True)
        if top_k is not None:
            ordered = ordered[:, :top_k]
        chances = ordered.softmax(-1)
        before = chances.cumsum(-1) - chances  # the first token always has 0 before it
        chances = chances.masked_fill(before >= top_p, 0.0)
        drawn = torch.multinomial(chances, 1, generator=generator)
        return tokens.gather(1, drawn).squeeze(1)

    return choose


@torch.no_grad()
def generate(
    model: Transformer,
    prompts: Tensor,
    length: int,
    choose: Choice = greedy,
    stop: Collection[int] = (),
    cached: bool = True,
) -> Tensor:
    """Continue texts by ``length`` tokens at most.

    The network reads what was written since the start of its window. When the window is full, its
    second half becomes the start of a new one; so a text may be longer than the context, and every
    token is chosen with at least half a context before it, or all there is.

    Args:
        model: causal, in evaluation mode.
        prompts: (B, T), T at least 1; texts of one length.
        length: tokens to add.
        choose: the rule for the next token.
        stop: tokens that end a text; when all have ended, so does the writing. What follows the
            end of a text repeats its last token.
        cached: keep keys and values of the tokens that were read. Without it the network reads
            its whole window for each token, and writes the same.

    Returns:
        the prompts and what was added, (B, T + length) or less.

    Raises:
        CourseError: an empty prompt, or tokens that the network does not know.
    """
    _check_prompts(model, prompts)
    count(length, "length")
    text, start = prompts, max(0, prompts.shape[1] - model.context)
    caches = model.caches()
    ended = torch.zeros(len(prompts), dtype=torch.bool, device=prompts.device)
    for _ in range(length):
        if text.shape[1] - start > model.context:
            start = text.shape[1] - model.context // 2
            caches = model.caches()
        if cached:
            new = text[:, start + len(caches[0]) :]
            logits = model(new, caches)[:, -1]
        else:
            logits = model(text[:, start:])[:, -1]
        token = torch.where(ended, text[:, -1], choose(logits))
        text = torch.cat([text, token[:, None]], dim=1)
        for number in stop:
            ended |= token == number
        if ended.all():
            break
    return text


def _check_prompts(model: Transformer, prompts: Tensor) -> None:
    if prompts.dim() != 2 or 0 in prompts.shape or prompts.is_floating_point():
        raise CourseError(
            "Prompts are rows of token numbers, (B, T), with at least one token, not "
            f"{prompts.dtype} of shape {tuple(prompts.shape)}. To begin from nothing, give the "
            "token that begins a text."
        )
    tokens = model.embedding.num_embeddings
    if not 0 <= int(prompts.min()) <= int(prompts.max()) < tokens:
        raise CourseError(
            f"The network knows the tokens 0 to {tokens - 1}; the prompts hold "
            f"{int(prompts.min())} to {int(prompts.max())}. Encode them with the vocabulary that "
            "it was trained with."
        )
