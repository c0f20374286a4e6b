"""What messages say to people: each text in Chinese and in English, in this one place."""

from incident.roster import Language


def text(code: str, language: Language) -> str:
    """Return a text.

    Raises:
        KeyError: Nobody wrote it.
    """
    zh, en = TEXTS[code]
    return zh if language is Language.ZH else en


def text_or(code: str, language: Language, *, otherwise: str) -> str:
    """Return a text, or another one where nobody wrote it."""
    return text(code if code in TEXTS else otherwise, language)


TEXTS: dict[str, tuple[str, str]] = {
    "drill": ("【演练】", "【演练】[DRILL] "),
    "test": ("【测试】", "【测试】[TEST] "),
    "red": ("▲红", "▲red"),
    "orange": ("◆橙", "◆orange"),
    "yellow": ("■黄", "■yellow"),
    "blue": ("●蓝", "●blue"),
    "title.step": ("115 {level} {number}", "115 {level} {number}"),
    "title.stand_down": ("115 解除 {level} {number}", "115 stand down {level} {number}"),
    "title.bundle": ("115 {count} 条提醒", "115: {count} notices"),
    "title.digest": ("115 汇总 {count} 条", "115 digest: {count} notices"),
    "title.test": ("115 通讯测试", "115 channel test"),
    "title.monthly": ("115 月度通讯测试", "115 monthly channel test"),
    "line": (
        "编号 {number} 级别 {level} 类别 {kind} 地点 {place}",
        "No. {number}, level {level}, kind {kind}, place {place}",
    ),
    "over": ("原因已消除，请解除。", "The cause is gone: stand down."),
    "more": ("另有 {count} 条未列出", "{count} more not listed"),
    "last_resort": (
        "此刻无人值班，您是最后联系人。",
        "Nobody is on duty: you are called as the last resort.",
    ),
    "link": ("知悉请点：{link}", "To acknowledge: {link}"),
    "confirm": ("收到请点确认：{link}", "To confirm that this arrived: {link}"),
    "confirm.unlinked": ("本条为测试，无须处理。", "This is a test; nothing is to be done."),
    "kind.unknown": ("其他", "other"),
    # what is to be seen to, by the code of the rung
    "rung": ("请立即查看。", "Look at it now."),
    "rung.undelivered-chief": ("警情未送达微中心。", "The center has not received it."),
    "rung.undelivered-park": (
        "警情未送达微中心，已直派。",
        "Not received: a team was sent.",
    ),
    "rung.unacknowledged-deputy": ("操作员未签收，请代签。", "Not signed for: take it."),
    "rung.away-deputy": ("操作员离席，请代接警。", "The operator is away: take it."),
    "rung.unacknowledged-park": ("微中心超时未签收。", "The center has not signed for it."),
    "rung.unassigned-park": ("微中心超时未下派。", "No team was assigned in time."),
    "rung.unaccepted-team": ("请立即接令。", "Accept it now."),
    "rung.not-departed-team": ("请立即出发。", "Set off now."),
    "rung.not-departed-operator": ("处置队未出发。", "The team has not set off."),
    "rung.late-on-scene-team": ("到场临期，请加速。", "You are about to be late on scene."),
    "rung.not-on-scene-park": ("处置队超时未到场。", "No team was on scene in time."),
    "rung.check-in-team": ("请报平安。", "Check in."),
    "rung.check-in-help": ("处置队未报平安，请支援。", "The team is silent: send help."),
    "rung.feedback-at-risk-operator": ("处置反馈临期。", "The outcome is about to be late."),
    "rung.feedback-at-risk-chief": ("处置反馈临期。", "The outcome is about to be late."),
    "rung.feedback-due-operator": ("处置反馈超时。", "The outcome is late."),
    "rung.feedback-due-chief": ("处置反馈超时。", "The outcome is late."),
    "rung.close-at-risk-operator": ("办结临期。", "Closing is about to be late."),
    "rung.close-at-risk-chief": ("办结临期。", "Closing is about to be late."),
    "rung.close-due-operator": ("办结超时。", "Closing is late."),
    "rung.close-due-chief": ("办结超时。", "Closing is late."),
    "rung.responsibility-grid": (
        "逐级上报：请微网格长到位。",
        "Escalated to the grid leader.",
    ),
    "rung.responsibility-group": ("逐级上报：请组长到位。", "Escalated to the group leader."),
    "rung.responsibility-center": ("逐级上报：请中心负责人到位。", "Escalated to the center."),
    "rung.responsibility-park": ("逐级上报：请园区督导到位。", "Escalated to the park."),
    "rung.responsibility-police": ("逐级上报：请派出所接手。", "Escalated to the police station."),
    "rung.update-unnoted": ("警情有更新，请知悉。", "It was updated: note it."),
    "rung.cancellation-unnoted": ("警情已撤销，请知悉。", "It was cancelled: note it."),
    "rung.handover-unaccepted": ("移交未接收。", "The hand-over was not accepted."),
    # the page behind the link
    "page.title": ("知悉确认", "Acknowledge"),
    "page.ask": ("确认您已知悉这条消息？", "Confirm that you have seen this message?"),
    "page.button": ("知悉", "Acknowledge"),
    "page.done": ("已记录，谢谢。", "Noted. Thank you."),
    "page.malformed": ("链接不完整。", "The link is not complete."),
    "page.forged": ("链接无效。", "The link is not one of ours."),
    "page.expired": ("链接已过期。", "The link has expired."),
    "page.used": ("链接已使用过。", "The link was used before."),
    "page.unknown": ("没有这条消息。", "There is no such message."),
}
