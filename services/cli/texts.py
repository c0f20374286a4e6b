"""What the command line says to people, in Chinese first and in English."""

from enum import StrEnum


class Language(StrEnum):
    """A language to speak."""

    ZH = "zh"
    EN = "en"


def text(code: str, language: Language) -> str:
    """Return a text; a code nobody translated stands for itself."""
    zh, en = _TEXTS.get(code, (code, code))
    return zh if language is Language.ZH else en


def is_known(code: str) -> bool:
    """Whether a code has texts."""
    return code in _TEXTS


_TEXTS: dict[str, tuple[str, str]] = {
    # severities, with a shape each, so that colour is never alone
    "red": ("▲红", "▲red"),
    "orange": ("◆橙", "◆orange"),
    "yellow": ("■黄", "■yellow"),
    "blue": ("●蓝", "●blue"),
    # states
    "open": ("待送达", "open"),
    "pushed": ("已送达", "pushed"),
    "acknowledged": ("已签收", "acknowledged"),
    "assigned": ("已下派", "assigned"),
    "accepted": ("已接令", "accepted"),
    "en_route": ("已出发", "en route"),
    "on_scene": ("已到场", "on scene"),
    "resolved": ("已反馈", "resolved"),
    "closed": ("已办结", "closed"),
    "cancelled": ("已撤销", "cancelled"),
    "refused": ("已退单", "refused"),
    "handed_over": ("已移交", "handed over"),
    # what is reported in the demo
    "fight": ("打架斗殴", "fight"),
    "quarrel": ("口角纠纷", "quarrel"),
    "wages": ("劳资纠纷", "wages"),
    "theft": ("盗窃", "theft"),
    "noise": ("噪声扰民", "noise"),
    "traffic": ("交通剐蹭", "traffic"),
    "drunk": ("醉酒滋事", "drunk"),
    "stranger": ("可疑人员", "stranger"),
    "help": ("人员求助", "help"),
    "smoke": ("冒烟起火", "smoke"),
    # marks beside an incident
    "exercise": ("演练", "drill"),
    "late": ("迟到", "late"),
    "conflict": ("内容冲突", "conflict"),
    "undelivered": ("未送达直派", "sent undelivered"),
    "automatic": ("自动下派", "auto-assigned"),
    "transferred": ("转派", "transferred"),
    "returned": ("退回补充", "returned"),
    "merged": ("并警", "merged"),
    "diverted": ("改派", "diverted"),
    "declined": ("拒接", "declined"),
    "teams": ("队", "teams"),
    "police": ("民警", "police"),
    # columns
    "number": ("编号", "No."),
    "time": ("时间", "time"),
    "severity": ("级别", "level"),
    "category": ("类别", "what"),
    "place": ("地点", "where"),
    "state": ("状态", "state"),
    "notes": ("备注", "notes"),
    # legs
    "station": ("报警→送达", "call→pushed"),
    "push": ("推送", "push"),
    "acknowledge": ("签收", "acknowledge"),
    "assign": ("下派", "assign"),
    "accept": ("接令", "accept"),
    "depart": ("出发", "depart"),
    "arrive": ("到场", "on scene"),
    "feedback": ("处置反馈", "feedback"),
    "close": ("办结", "close"),
    "total": ("全程", "total"),
    "response": ("响应（无时限）", "response (no target)"),
    # watching and sending
    "over": ("超时", "over"),
    "quiet": ("暂无在办警情", "Nothing is open"),
    "test": ("测试", "test"),
    "ask_place": (
        "地点（编码或名称，如 禾岭家居/3号楼）",
        "Where (a code, or names from outside in)",
    ),
    "ask_category": ("类别（如 打架）", "What (such as fight)"),
    "ask_severity": ("级别 红/橙/黄/蓝", "Level: red, orange, yellow, blue"),
    "ask_text": ("警情内容", "What happened"),
    "ask_caller": ("报警人（姓名 电话，可空）", "Caller (name and telephone, may be empty)"),
    "reference": (
        "参考号 {reference}；未见回执时以 --reference {reference} 重发，不会重复",
        "reference {reference}; with no receipt send again with --reference {reference}",
    ),
    "accepted_at": ("{time} 已接收，编号 {id}", "{time} accepted, id {id}"),
    # drills
    "drill_begun": (
        "演练 {id} 开始，至多 {minutes} 分钟，记录在 {path}；Ctrl-C 结束",
        "drill {id} begins, {minutes} minutes at most, kept in {path}; Ctrl-C ends it",
    ),
    "drill_sent": ("演练警情 {number} 已发：{id}", "drill alert {number} sent: {id}"),
    "drill_paused": ("有实警 {id}，演练暂停", "a real alert {id}: the drill is paused"),
    "drill_goes_on": ("实警已结，演练继续", "the real alert is over: the drill goes on"),
    "drill_blind": ("看不到中心，暂不发警：{fault}", "the center cannot be seen: {fault}"),
    "drill_ended": ("演练 {id} 已结束", "drill {id} has ended"),
    "drill_runs": ("演练 {id} 尚未结束，无报告", "drill {id} has not ended: no report yet"),
    "drill_why": ("结束原因", "ended because"),
    "drill_why_over": ("全部办完", "everything was done"),
    "drill_why_time": ("时间到", "its time was up"),
    "drill_why_None": ("未结束", "it has not ended"),
    "drill_why_stopped": ("人工停止", "it was stopped"),
    "drill_why_ended": ("后来的命令", "a later command"),
    "drill_pause": ("因实警暂停", "paused for a real alert"),
    "drill_left": ("仍未结束", "left open"),
    "unsent": ("未发", "not sent"),
    "pending": ("进行中", "running"),
    "measured": ("已计", "measured"),
    "not_measured": ("未计", "not measured"),
    # readiness
    "console_connected": ("控制台在线", "a console is connected"),
    "console_audible": ("控制台有声", "the console can be heard"),
    "operator_on_shift": ("值班员在岗", "an operator is on shift"),
    "teams_on_duty": ("处置队在岗", "teams are on duty"),
    "posts_filled": ("岗位有人", "the posts are filled"),
    "channels_tested": ("通道已测试", "channels were tested"),
    "drilled": ("近期演练", "there was a drill lately"),
    "dispatcher_alive": ("派警服务在运行", "the dispatcher is alive"),
    "no": ("否", "no"),
    "unknown": ("未知", "not known"),
    "too_long_ago": ("太久以前", "too long ago"),
    "never": ("从未", "never"),
    # doctor
    "do": ("处理", "to do"),
    # totals and summary
    "title": ("115 警情联动 · 演示（数据全为虚构）", "115 dispatch · demo (all data invented)"),
    "sent": ("已报", "sent"),
    "live": ("在办", "open"),
    "ended": ("已结", "ended"),
    "conservation": ("守恒差", "conservation difference"),
    "speed": ("倍速", "× real time"),
    "summary": ("时限达标情况", "Compliance with the targets"),
    "leg": ("时段", "leg"),
    "target": ("时限", "target"),
    "n": ("次数", "n"),
    "met": ("达标", "met"),
    "breached": ("超时", "breached"),
    "void": ("未判", "void"),
    "compliance": ("达标率", "compliance"),
    "by_machine": ("其中自动", "by machine"),
    "excluded": (
        "演练不计入；“未判”为到时前已结束。",
        "The drill is not counted; “void”: it ended before the due moment.",
    ),
    "states": ("警情状态", "Incidents by state"),
    "unended": ("仍未办结", "Not ended"),
    "stopping": ("停止服务…", "Stopping…"),
    "begun": (
        "演示开始：{alerts} 起警情，{minutes:g} 分钟（域内时间），{speed:g} 倍速。Ctrl-C 结束。",
        "{alerts} alerts in {minutes:g} minutes of the park's time, {speed:g} × real. Ctrl-C ends.",
    ),
    "hidden": ("另有 {count} 起未显示", "{count} more not shown"),
    "surprise": ("意外", "unexpected"),
}
