"""How a step reads in one line, in Chinese and in English."""

from incident.ladder import Step
from incident.profile import Rung
from services.cli.texts import Language

_WORDS: dict[str, tuple[str, str]] = {
    # what is done
    "assign": ("自动下派", "assign a team"),
    "add_team": ("加派", "add a team"),
    "webhook": ("推送企业自有系统", "ask the enterprise's own system"),
    "notify": ("告知", "tell"),
    "louder": ("控制台加大提示音", "consoles louder"),
    "propose_team": ("建议加派（不派出）", "propose a team, sending none"),
    "request_police": ("请求支援", "ask for"),
    "request_help": ("代队求援", "request help for the team"),
    # what comes of it
    "team_assigned": ("已派", "sent"),
    "no_team": ("无可派队伍", "no team"),
    "proposed": ("已建议", "proposed"),
    # whom
    "operator": ("操作员", "operator"),
    "deputy": ("副岗", "deputy"),
    "chief": ("中心负责人", "center chief"),
    "micro-grid-leader": ("微网格长", "micro-grid leader"),
    "group-leader": ("组长", "group leader"),
    "supervisor": ("园区督导", "park supervisor"),
    "duty-officer": ("派出所值班民警", "station duty officer"),
    "command-center": ("指挥中心", "command center"),
    "team": ("处置队", "team"),
    "station": ("派出所", "station"),
    "park": ("园区", "park"),
    "center": ("微中心", "center"),
    # how
    "voice": ("语音", "by voice"),
    "digest": ("汇总", "in a digest"),
    "callback": ("回执", "callback"),
    "level": ("责任层级", "level"),
    # situations
    "after.nothing": ("无人处置", "Nobody acts"),
    "after.pushed": ("已送达，其后无人处置", "Delivered, then nobody acts"),
    "after.acknowledged": ("已签收，其后无人处置", "Acknowledged, then nobody acts"),
    "after.assigned": ("已下派，其后无人处置", "Assigned, then nobody acts"),
    "after.accepted": ("已接令，其后无人处置", "Accepted, then nobody acts"),
    "after.en_route": ("已出发，其后无人处置", "On its way, then nobody acts"),
    "after.on_scene": ("已到场，其后无人处置", "On scene, then nobody acts"),
    "after.resolved": ("已反馈，其后无人处置", "Outcome reported, then nobody acts"),
    "after.updated": ("有补充信息，其后无人处置", "Updated, then nobody acts"),
    "after.offered": ("已提出移交，其后无人处置", "Offered to the police, then nobody acts"),
    "after.cancelled": ("已撤销，其后无人处置", "Withdrawn, then nobody acts"),
    "quiet": ("无步骤", "nothing is done"),
    # what an edited profile changes
    "added": ("新增", "added"),
    "removed": ("取消", "removed"),
    "moved": ("改时", "moved"),
    "altered": ("改法", "altered"),
    "incidents": ("事件", "incidents"),
    "unchanged": ("不变", "unchanged"),
}


def word(code: str, language: Language) -> str:
    """Return a word; a code without one stands for itself."""
    zh, en = _WORDS.get(code, (code, code))
    return zh if language is Language.ZH else en


def clock(seconds: float) -> str:
    """Return a time after second 0, such as `+00:01:15`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours:02}:{minutes:02}:{rest:02}"


def doing(step: Step, language: Language, *, at_once: bool = True) -> str:
    """Say what a step does, whom it tells and how."""
    rung = step.rung
    parts = [word(rung.action, language), *_whom(rung, language)]
    if step.team is not None:
        parts.append(step.team)
    how = [
        *([word("voice", language)] if rung.voice else []),
        *([] if at_once else [word("digest", language)]),
        *([f"{word('callback', language)} {rung.callback}"] if rung.callback else []),
        *([f"{word('level', language)} {rung.level}"] if rung.level else []),
        *([rung.mark] if rung.mark else []),
    ]
    return " ".join(parts) + (f" ({', '.join(how)})" if how else "")


def _whom(rung: Rung, language: Language) -> list[str]:
    if rung.post is not None:
        return [word(rung.post, language)]
    return [word(rung.of, language)] if rung.callback else []
