"""A transformer over tokens: with a causal mask it predicts the next one, without it any of them.

The network of Vaswani et al. (2017) as it is built today: rotary positions (Su et al., 2021),
normalised queries and keys (Henry et al., 2020), the root mean square in place of the layer
normalisation (Zhang and Sennrich, 2019) and a squared ReLU (So et al., 2021).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.errors import CourseError


class KeyValueCache:
    """What one block of a network keeps of the tokens that it has read: it reads each once."""

    def __init__(self) -> None:
        self.keys: Tensor | None = None  # (B, H, T, D)
        self.values: Tensor | None = None

    def __len__(self) -> int:
        return 0 if self.keys is None else self.keys.shape[-2]

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add those of new tokens, (B, H, T, D); return those of all tokens."""
        if self.keys is not None and self.values is not None:
            keys = torch.cat([self.keys, keys], dim=-2)
            values = torch.cat([self.values, values], dim=-2)
        self.keys, self.values = keys, values
        return keys, values


def rotate(x: Tensor, first: int = 0) -> Tensor:
    """Turn each pair of numbers by an angle that grows with the place of its token.

    The product of a turned query with a turned key depends on the distance of their places alone
    (Su et al., 2021). Pair i turns by 10,000^(-2i/D) radians from each token to the next.

    Args:
        x: queries or keys, (..., T, D), D even.
        first: the place of the first token.
    """
    half = x.shape[-1] // 2
    speeds = 10_000.0 ** (-torch.arange(half, device=x.device) / half)
    places = first + torch.arange(x.shape[-2], device=x.device)
    angles = places[:, None] * speeds  # (T, D/2)
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], dim=-1)


class Attention(nn.Module):
    """Each token gathers what it needs from the tokens that it may see."""

    def __init__(self, width: int, heads: int, causal: bool, dropout: float) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.output = nn.Linear(width, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """Map tokens (B, T, W) to (B, T, W); with a cache, those after the tokens that it holds."""
        q, k, v = (
            layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, T, D), D = W/H
            for layer in (self.query, self.key, self.value)
        )
        seen = 0 if cache is None else len(cache)
        q = rotate(F.rms_norm(q, q.shape[-1:]), seen)
        k = rotate(F.rms_norm(k, k.shape[-1:]), seen)
        if cache is not None:
            k, v = cache.extend(k, v)
        mask = None
        if self.causal and seen:  # a new token sees all old ones, and the new ones up to itself
            mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=x.device)
            mask = mask.tril(seen)
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=self.causal and not seen
        )
        gathered: Tensor = self.dropout(self.output(y.transpose(1, 2).flatten(2)))
        return gathered


class Block(nn.Module):
    """Attention, then a small network for each token; both add to what they get."""

    def __init__(self, width: int, heads: int, causal: bool, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, causal, dropout)
        self.widen = nn.Linear(width, 4 * width, bias=False)
        self.narrow = nn.Linear(4 * width, width, bias=False)
        self.dropout = nn.Dropout(dropout)
        # A new block adds nothing, so that gradients reach the embedding unchanged at first.
        nn.init.zeros_(self.attention.output.weight)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """Map (B, T, W) to (B, T, W)."""
        x = x + self.attention(F.rms_norm(x, x.shape[-1:]), cache)
        hidden = self.widen(F.rms_norm(x, x.shape[-1:])).relu().square()
        x = x + self.dropout(self.narrow(hidden))
        return x


class Transformer(nn.Module):
    """Maps tokens to the logits of a token at each place; a GPT if it is causal.

    Its first loss is log(tokens) exactly, since the head begins with zeros.
    """

    def __init__(
        self,
        tokens: int,
        width: int = 128,
        blocks: int = 4,
        heads: int = 4,
        context: int = 128,
        causal: bool = True,
        dropout: float = 0.0,
    ) -> None:
        """Build the network.

        Args:
            tokens: size of the vocabulary.
            width: numbers of a token between the blocks, W.
            blocks: how many.
            heads: attentions side by side, each with W / heads numbers, an even number.
            context: the most tokens that it reads at once.
            causal: the logits at a place depend on its token and those before it alone.
            dropout: chance of a number that a block adds to be left out in training.

        Raises:
            CourseError: the width cannot be shared among the heads.
        """
        super().__init__()
        if width % (2 * heads):
            raise CourseError(
                f"A width of {width} cannot be shared among {heads} heads in pairs of numbers. "
                f"Take a multiple of {2 * heads}."
            )
        self.context = context
        self.embedding = nn.Embedding(tokens, width)
        self.blocks = nn.ModuleList(Block(width, heads, causal, dropout) for _ in range(blocks))
        self.head = nn.Linear(width, tokens, bias=False)
        nn.init.zeros_(self.head.weight)

    def forward(self, tokens: Tensor, caches: list[KeyValueCache] | None = None) -> Tensor:
        """Map tokens (B, T) to logits (B, T, tokens).

        Args:
            tokens: numbers of the vocabulary; with caches, those that follow what these hold.
            caches: of :meth:`caches`; they then hold the new tokens too.

        Raises:
            CourseError: more tokens than the context.
        """
        seen = len(caches[0]) if caches else 0
        if seen + tokens.shape[1] > self.context:
            raise CourseError(
                f"This network reads at most {self.context} tokens at once, not "
                f"{seen + tokens.shape[1]}. Keep the last {self.context}."
            )
        x = self.embedding(tokens)
        x = F.rms_norm(x, x.shape[-1:])
        for number, block in enumerate(self.blocks):
            x = block(x, caches[number] if caches else None)
        logits: Tensor = self.head(F.rms_norm(x, x.shape[-1:]))
        return logits

    @torch.no_grad()
    def sample(self, count: int) -> Tensor:
        """Write texts of one context, (count, C), that begin with token 0.

        In the vocabularies of the course that is the end of a line.
        """
        tokens = torch.zeros(count, 1, dtype=torch.int64, device=self.head.weight.device)
        caches = self.caches()
        while tokens.shape[1] < self.context:
            chances = self(tokens[:, -1:], caches)[:, -1].softmax(-1)
            tokens = torch.cat([tokens, torch.multinomial(chances, 1)], dim=1)
        return tokens

    def caches(self) -> list[KeyValueCache]:
        """Make empty caches, one for each block."""
        return [KeyValueCache() for _ in self.blocks]
