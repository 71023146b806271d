"""Measures of generative models; each says its unit, its direction and its floor or ceiling.

`MEASURES` lists them all; the page book/measures.md shows the same table.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """What you must know of a measure to read its scores.

    Attributes:
        name: as tables and figures write it.
        unit: "none" for a plain number.
        range: the values that it can take.
        better: the direction; "like the reference" where either side of it is worse.
        reference: floor or ceiling: what to hold a score against.
        source: authors and year, as on the page Bibliography; empty for a plain count.
        function: where it is computed, below ``aigc_lessons.metrics``.
    """

    name: str
    unit: str
    range: str
    better: Literal["lower", "higher", "like the reference"]
    reference: str
    source: str
    function: str


MEASURES = (
    Measure(
        "negative ELBO",
        "nats per image",
        "0 up",
        "lower",
        "upper bound on the negative log-likelihood; above it: independent pixels, exact; "
        "below it: the importance-weighted bound",
        "Kingma and Welling (2014)",
        "likelihood.likelihood_bounds",
    ),
    Measure(
        "negative importance-weighted bound",
        "nats per image",
        "0 up",
        "lower",
        "a tighter upper bound on the same; say k, the number of draws",
        "Burda et al. (2016)",
        "likelihood.likelihood_bounds",
    ),
    Measure(
        "FID",
        "none",
        "0 up",
        "lower",
        "floor: real data against other real data, equally many; biased upwards",
        "Heusel et al. (2017)",
        "images.fid",
    ),
    Measure(
        "KID",
        "none",
        "about 0 up; below 0 is noise",
        "lower",
        "floor: 0 in expectation; read it with its standard error",
        "Bińkowski et al. (2018)",
        "images.kid",
    ),
    Measure(
        "classifier score",
        "none",
        "1 to the number of classes",
        "higher",
        "ceiling: real data through the same classifier",
        "Salimans et al. (2016)",
        "images.classifier_score",
    ),
    Measure(
        "class shares",
        "share of the samples",
        "0 to 1",
        "like the reference",
        "the shares in real data through the same classifier",
        "",
        "images.class_shares",
    ),
    Measure(
        "modes covered",
        "classes",
        "0 to the number of classes",
        "higher",
        "ceiling: real data through the same classifier; say the least share that counts",
        "Srivastava et al. (2017)",
        "images.modes_covered",
    ),
    Measure(
        "components covered",
        "components",
        "0 to the number of components",
        "higher",
        "ceiling: samples of the mixture itself; say the least share that counts",
        "Srivastava et al. (2017)",
        "toy.component_coverage",
    ),
    Measure(
        "high-quality share",
        "share of the samples",
        "0 to 1",
        "like the reference",
        "samples of the mixture itself: about 0.989 in two dimensions",
        "Srivastava et al. (2017)",
        "toy.component_coverage",
    ),
    Measure(
        "nearest training distance",
        "that of the pixels",
        "0 up",
        "like the reference",
        "held-out real data to the same training data",
        "Meehan et al. (2020)",
        "copies.nearest_training_distance",
    ),
    Measure(
        "share closer than the first percentile",
        "share of the samples",
        "0 to 1",
        "like the reference",
        "about 0.01 without copies",
        "Meehan et al. (2020)",
        "copies.nearest_training_distance",
    ),
    Measure(
        "probability of being closer",
        "share of the pairs",
        "0 to 1",
        "like the reference",
        "about 0.5 without copies",
        "Meehan et al. (2020)",
        "copies.nearest_training_distance",
    ),
    Measure(
        "precision",
        "share of the generated samples",
        "0 to 1",
        "higher",
        "ceiling: other real data against the same real data, below 1",
        "Kynkäänniemi et al. (2019)",
        "manifold.precision_recall",
    ),
    Measure(
        "recall",
        "share of the real samples",
        "0 to 1",
        "higher",
        "ceiling: other real data against the same real data, below 1",
        "Kynkäänniemi et al. (2019)",
        "manifold.precision_recall",
    ),
    Measure(
        "density",
        "none",
        "0 up",
        "higher",
        "1 in expectation for equal distributions; a generator of typical samples alone is above",
        "Naeem et al. (2020)",
        "manifold.density_coverage",
    ),
    Measure(
        "coverage",
        "share of the real samples",
        "0 to 1",
        "higher",
        "ceiling: about 0.97 in expectation for equal distributions, k = 5",
        "Naeem et al. (2020)",
        "manifold.density_coverage",
    ),
    Measure(
        "nats per character",
        "nats per character",
        "0 up",
        "lower",
        "floor: entropy of the source; ceiling: log(symbols), even guessing",
        "Shannon (1948)",
        "text.nats_per_character",
    ),
    Measure(
        "bits per character",
        "bits per character",
        "0 up",
        "lower",
        "floor and ceiling of the nats, divided by ln 2",
        "Shannon (1948)",
        "text.bits_per_character",
    ),
    Measure(
        "perplexity",
        "none",
        "1 up",
        "lower",
        "floor: exp of the entropy per symbol; ceiling: the number of symbols",
        "Jelinek et al. (1977)",
        "text.perplexity",
    ),
    Measure(
        "BLEU",
        "none",
        "0 to 100",
        "higher",
        "ceiling: other human texts, same references and tokenizer",
        "Papineni et al. (2002)",
        "text.bleu",
    ),
    Measure(
        "ROUGE-1, ROUGE-2, ROUGE-L",
        "none",
        "0 to 1",
        "higher",
        "ceiling: other human texts, same references and tokenizer",
        "Lin (2004)",
        "text.rouge",
    ),
    Measure(
        "self-BLEU",
        "none",
        "0 to 100",
        "like the reference",
        "real texts, equally many; above: too alike, below: too mixed",
        "Zhu et al. (2018)",
        "text.self_bleu",
    ),
    Measure(
        "distinct-n",
        "share of the n-grams",
        "above 0, at most 1",
        "like the reference",
        "real texts, equally many words; below: too repetitive, above: too mixed",
        "Li et al. (2016)",
        "text.distinct_n",
    ),
)
