"""The dashboard "delivery and people": whether it reached somebody."""

from deploy.grafana.building import Ask, Dashboard, Panel, Sort


def _rate(metric: str, by: str) -> Ask:
    """A rate by some labels; nothing counted yet is 0."""
    legend = " ".join(f"{{{{{label}}}}}" for label in by.split(", "))
    return Ask(expr=f"sum by ({by}) (rate({metric}[$__rate_interval])) or vector(0)", legend=legend)


DELIVERY = Dashboard(
    uid="d115-delivery",
    zh="送达与人员",
    en="Delivery and people",
    since="now-6h",
    panels=(
        Panel(
            zh="送达用时",
            en="Received to pushed",
            asks=[
                Ask(
                    expr="sum by (le) (increase(d115_leg_duration_seconds_bucket"
                    '{leg="push", status="actual"}[$__rate_interval]))',
                    legend="{{le}}",
                    exemplars=True,
                )
            ],
            about="Each point leads to the trace of its alert.",
            sort=Sort.HEAT,
            unit="s",
            width=12,
        ),
        Panel(
            zh="送达由人 / 由机器确认",
            en="Pushed, by whom",
            asks=[
                Ask(
                    expr='sum by (by) (increase(d115_leg_duration_seconds_count{leg="push",'
                    ' status="actual"}[$__range]))',
                    legend="{{by}}",
                )
            ],
            about="A console with an operator, or the enterprise's own system.",
            sort=Sort.STAT,
            width=6,
        ),
        Panel(
            zh="值班空档",
            en="Uncovered in the next day",
            asks=[
                Ask(
                    expr="max by (organisation_type, post) (d115_roster_uncovered_seconds)"
                    " or vector(0)",
                    legend="{{organisation_type}} {{post}}",
                )
            ],
            about="Time in which a post that needs somebody has nobody.",
            sort=Sort.STAT,
            unit="s",
            width=6,
            red_from=1,
            runbook="D115RosterUncovered",
        ),
        Panel(
            zh="消息发送",
            en="Attempts to reach people",
            asks=[_rate("d115_message_attempts_total", "way, outcome")],
            about="By channel and outcome: delivered, to be tried again, given up.",
            unit="ops",
        ),
        Panel(
            zh="消息积压",
            en="Messages overdue",
            asks=[
                Ask(expr="max(d115_messages_oldest_seconds) or vector(0)", legend="oldest"),
                Ask(expr="max(d115_messages_waiting) or vector(0)", legend="waiting"),
            ],
            about="How long the longest overdue one waits, and how many wait.",
            red_from=10,
            runbook="D115MessagesOld",
        ),
        Panel(
            zh="未能送达的消息",
            en="Messages that reached nobody",
            asks=[
                Ask(
                    expr="sum by (reason) (increase(d115_messages_ended_total"
                    '{state="failed"}[$__range])) or vector(0)',
                    legend="{{reason}}",
                )
            ],
            about="No way of the person took it; the ladder goes on.",
            sort=Sort.STAT,
            red_from=1,
            runbook="D115MessagesFail",
        ),
        Panel(
            zh="企业系统推送",
            en="To enterprises' own systems",
            asks=[_rate("d115_webhook_attempts_total", "outcome")],
            about="Attempts by outcome; a receipt is a push.",
            unit="ops",
        ),
        Panel(
            zh="企业系统积压",
            en="Waiting for them",
            asks=[
                Ask(expr="max(d115_deliveries_oldest_seconds)", legend="oldest, seconds"),
                Ask(expr="max(d115_deliveries_queued)", legend="queued"),
                Ask(expr="max(d115_webhook_failing_systems)", legend="failing systems"),
            ],
            about="A system that fails is asked less often; the others do not wait for it.",
            runbook="D115DeliveriesOld",
        ),
        Panel(
            zh="派出所回调",
            en="To stations",
            asks=[
                _rate("d115_callback_attempts_total", "outcome"),
                Ask(
                    expr="max by (state) (d115_callbacks_oldest_seconds) or vector(0)",
                    legend="oldest {{state}}",
                ),
            ],
            about="In order for each alert; a hung station delays nobody else.",
            runbook="D115CallbacksOld",
        ),
        Panel(
            zh="控制台连接",
            en="Streams",
            asks=[
                Ask(expr="sum(d115_stream_readers)", legend="open"),
                _rate("d115_stream_cut_total", "reason"),
            ],
            about="Streams open now, and those we cut, by why.",
        ),
        Panel(
            zh="静默自检失败的微中心",
            en="Centers whose canary failed",
            asks=[Ask(expr="max(d115_canary_failing_centers) or vector(0)")],
            about="Once a day, the whole way, without ringing anyone.",
            sort=Sort.STAT,
            red_from=1,
            runbook="D115CanaryFailed",
        ),
        Panel(
            zh="阶梯动作",
            en="What clocks said",
            asks=[_rate("d115_timing_facts_total", "type")],
            about="Steps that were due, targets at risk, breached, met, amended.",
            unit="ops",
        ),
    ),
)
