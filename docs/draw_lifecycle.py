"""Draws `docs/lifecycle.md` from the table in `incident/lifecycle.py`.

Run `python docs/draw_lifecycle.py` after the table changed; a test says when it is stale.
"""

import inspect
from pathlib import Path

from incident import following, ladder, lifecycle
from incident.commands import VERBS
from incident.decisions.decide import DECISIONS, allowed_verbs
from incident.events import type_name
from incident.lifecycle import ENDED, ROUND_STARTS, TRANSITIONS, Next, State
from incident.profile import Rung, rungs_of
from services.runtime.kinds import load_kinds

PAGE = Path(__file__).with_name("lifecycle.md")

MOVES = (
    "An arrow is an event that leads to one fixed state. Events after which the state is the "
    "farthest that any live team has come (rule 3) are listed below the picture."
)
LADDER = (
    "The rungs of the built-in profile `115` (`incident/kinds/115.toml`), as frozen into an "
    "incident when it opens. `d115 ladder explain --severity red` plays them second by second; "
    "`d115 ladder dry-run FILE` says what an edited profile would have changed of last week."
)
WORDS = {
    State.OPEN: "未送达",
    State.PUSHED: "已送达",
    State.ACKNOWLEDGED: "已签收",
    State.ASSIGNED: "已下派",
    State.ACCEPTED: "已接令",
    State.EN_ROUTE: "已出发",
    State.ON_SCENE: "已到场",
    State.RESOLVED: "已反馈",
    State.CLOSED: "已办结",
    State.CANCELLED: "已撤销",
    State.REFUSED: "已退单",
    State.HANDED_OVER: "已移交",
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(), "utf-8")


def render() -> str:
    """Give the page as it should be."""
    rules = inspect.getdoc(lifecycle) or ""
    parts = [
        "# The life of an incident",
        "Drawn from the table in `incident/lifecycle.py` by `docs/draw_lifecycle.py`.",
        "## States",
        _states(),
        "## Rules",
        rules.partition("\n\n")[2],
        "## Moves",
        MOVES,
        _diagram(),
        _from_teams(),
        "## What each state takes",
        _matrix(),
        "## Rounds",
        _rounds(),
        "## The ladder",
        inspect.getdoc(ladder) or "",
        LADDER,
        _ladder(),
        "## Beside its course",
        inspect.getdoc(following) or "",
    ]
    return "\n\n".join(parts) + "\n"


def _states() -> str:
    rows = [
        f"| `{state}` | {WORDS[state]} | {'ended' if state in ENDED else 'live'} |"
        for state in State
    ]
    return "\n".join(["| state | 中文 | |", "| --- | --- | --- |", *rows])


def _diagram() -> str:
    moves: dict[tuple[str, str], list[str]] = {}
    for state, row in TRANSITIONS.items():
        for event, target in row.items():
            if isinstance(target, State):
                label = type_name(event).removeprefix("incident.").removesuffix(".v1")
                moves.setdefault((label, target.value), []).append(state.value)
    lines = ["```mermaid", "stateDiagram-v2", "  [*] --> open: opened"]
    for (label, target), states in sorted(moves.items()):
        lines += [f"  {state} --> {target}: {label}" for state in states]
    lines += [f"  {state} --> [*]" for state in State if state in ENDED]
    return "\n".join([*lines, "```"])


def _from_teams() -> str:
    found: dict[str, list[str]] = {}
    for state, row in TRANSITIONS.items():
        for event, target in row.items():
            if target is Next.FROM_TEAMS:
                found.setdefault(type_name(event), []).append(f"`{state}`")
    rows = [f"| `{event}` | {' '.join(states)} |" for event, states in sorted(found.items())]
    return "\n".join(["| event | in |", "| --- | --- |", *rows])


def _matrix() -> str:
    head = "| verb | event that decides | " + " | ".join(f"`{state}`" for state in State) + " |"
    rule = "| --- | --- |" + " :-: |" * len(State)
    rows = []
    for verb, command in VERBS.items():
        cells = ["●" if verb in allowed_verbs(state) else "" for state in State]
        event = type_name(DECISIONS[command][0])
        rows.append(f"| {verb} | `{event}` | " + " | ".join(cells) + " |")
    return "\n".join([head, rule, *rows])


def _rounds() -> str:
    rows = [f"| {cause} | `{moment}` |" for cause, moment in ROUND_STARTS.items()]
    return "\n".join(["| a round begins when | its start stands in for |", "| --- | --- |", *rows])


def _ladder() -> str:
    _, profiles = load_kinds()
    head = "| rung | does | waits | from | unless | tells | callback |"
    rows = [_rung(rung) for rung in rungs_of(profiles["115"])]
    return "\n".join([head, "| --- " * 7 + "|", *rows])


def _rung(rung: Rung) -> str:
    waits = [f"{rung.wait.amount} s"]
    waits += [f"{entry.severity} {entry.wait.amount} s" for entry in rung.wait_by_severity]
    waits += [f"{rung.times} times"] if rung.times > 1 else []
    tells = f"{rung.post} ({rung.of})" if rung.post else ""
    tells += ", by voice" if rung.voice else ""
    tells += f", digest unless {', '.join(rung.digest_unless)}" if rung.digest_unless else ""
    action = f"{rung.action} {' or '.join(rung.when)}: {rung.mark}" if rung.when else rung.action
    cells = [
        f"`{rung.code}`",
        action,
        ", ".join(waits),
        str(rung.start or rung.since),
        ", ".join(rung.unless),
        tells,
        rung.callback or "",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
