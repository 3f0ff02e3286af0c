"""One measured figure as a JSON line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

__all__ = ["Figure", "emit"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured. `limit` and `goal` apply to `ratio` where there is one, else to `value`.

    A limit must hold (lower is better for all that have one), a goal is aimed at.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    goal: float | None = None

    @property
    def is_within_limit(self) -> bool:
        """Whether the limit holds; without one it does."""
        judged = self.value if self.ratio is None else self.ratio
        return self.limit is None or judged <= self.limit


def emit(figure: Figure) -> None:
    """Print the figure, at once."""
    fields = asdict(figure)
    for key in ("value", "ratio"):
        if fields[key] is not None:
            fields[key] = float(f"{fields[key]:.4g}")
    print(json.dumps(fields), flush=True)
