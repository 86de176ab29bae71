"""Whether a contestant's answers are good enough for its time to count.

One rule for each metric, the same for every contestant, ours included. A contestant that breaks it is `wrong`: it stays in
the long table, and no ratio is taken with it.
"""

import math

# How far the score may be from the float model's.
LARGEST_LOSS = {"top1": 0.05, "anchor_top1": 0.05, "presence": 0.05, "pair_spearman": 0.02}
LARGEST_GROWTH = {"perplexity": 1.1}
# Where float against itself gives 0 or 1, the score alone tells.
LARGEST_SCORE = {"relative_squared_error": 0.1, "mse": math.inf}
LEAST_SCORE = {"cosine": 0.98}


def correct(metric: str, score: float, float_score: float) -> bool:
    """Whether `score` holds beside the float model's."""
    if not math.isfinite(score):
        return False
    if metric in LARGEST_LOSS:
        return score >= float_score - LARGEST_LOSS[metric]
    if metric in LARGEST_GROWTH:
        return score <= float_score * LARGEST_GROWTH[metric]
    if metric in LEAST_SCORE:
        return score >= LEAST_SCORE[metric]
    return score <= LARGEST_SCORE[metric]
