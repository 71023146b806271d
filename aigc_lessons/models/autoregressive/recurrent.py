"""Recurrent models of text."""

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

MEMORIES = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


class RecurrentModel(nn.Module):
    """Predicts each symbol of a text from a state that has read those before it.

    Symbol 0 begins and ends a text. The memory is a plain recurrent network, a gated recurrent unit
    (Cho et al., 2014) or a long short-term memory (Hochreiter and Schmidhuber, 1997).
    """

    def __init__(
        self, symbols: int, kind: str = "GRU", width: int = 128, dropout: float = 0.0
    ) -> None:
        """Make the network.

        Args:
            symbols: V, the end counted.
            kind: a key of ``MEMORIES``.
            width: numbers in the state.
            dropout: of the states before the output.
        """
        super().__init__()
        self.embedding = nn.Embedding(symbols, 32)
        self.memory = MEMORIES[kind](32, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width, symbols)

    def forward(self, codes: Tensor) -> Tensor:
        """Map texts (N, T) to the logits of each symbol given those before it, (N, T, V)."""
        read = F.pad(codes, (1, -1))  # 0 begins; the last one is not read
        states, _ = self.memory(self.embedding(read))  # (N, T, W)
        logits: Tensor = self.output(self.dropout(states))
        return logits

    def negative_log_likelihoods(self, codes: Tensor) -> Tensor:
        """Return -log p of each symbol given those before it, (N, T), in nats."""
        return F.cross_entropy(self(codes).transpose(1, 2), codes, reduction="none")
