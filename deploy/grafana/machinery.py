"""The dashboard "machinery": what carries it all."""

from deploy.grafana.building import Ask, Dashboard, Panel, Sort


def _p99(metric: str, by: str) -> Ask:
    return Ask(
        expr=f"histogram_quantile(0.99, sum by (le, {by})"
        f" (rate({metric}_bucket[$__rate_interval])))",
        legend=f"{{{{{by}}}}}",
        exemplars=metric == "d115_http_request_seconds",
    )


def _rate(metric: str, by: str) -> Ask:
    return Ask(
        expr=f"sum by ({by}) (rate({metric}[$__rate_interval])) or vector(0)",
        legend=f"{{{{{by}}}}}",
    )


MACHINERY = Dashboard(
    uid="d115-machinery",
    zh="机器",
    en="Machinery",
    since="now-1h",
    panels=(
        Panel(
            zh="服务",
            en="Services",
            asks=[Ask(expr='up{job=~"d115.*"}', legend="{{job}} {{instance}}")],
            about="1: answers on its ops port.",
            sort=Sort.STAT,
            width=6,
            height=5,
            red_below=1,
            runbook="D115ServiceDown",
        ),
        Panel(
            zh="守恒差",
            en="Conservation",
            asks=[
                Ask(expr="max by (part) (d115_conservation_difference)", legend="{{part}}"),
            ],
            about="Alerts without incident, incidents without alert, doubled ones: always 0.",
            sort=Sort.STAT,
            width=6,
            height=5,
            red_from=1,
            runbook="D115Conservation",
        ),
        Panel(
            zh="心跳",
            en="Heartbeats both ways",
            asks=[
                Ask(expr="min by (service) (d115_heartbeat_age_seconds)", legend="{{service}}"),
                Ask(expr="min(d115_notifier_silent_seconds)", legend="notifier"),
            ],
            about="Since the last sign of life, as the other one hears it.",
            sort=Sort.STAT,
            unit="s",
            width=6,
            height=5,
            red_from=10,
            runbook="D115NotifierSilent",
        ),
        Panel(
            zh="死信",
            en="Dead letters",
            asks=[
                Ask(
                    expr="sum(increase(d115_consumer_dead_letters_total[$__range])) or vector(0)",
                )
            ],
            about="Records that can never be applied, in the range that is shown.",
            sort=Sort.STAT,
            width=6,
            height=5,
            red_from=1,
            runbook="D115DeadLetter",
        ),
        Panel(
            zh="接警速率",
            en="Alerts accepted",
            asks=[_rate("d115_intake_accepted_total", "type")],
            about="Repeats included.",
            unit="ops",
        ),
        Panel(
            zh="请求 p99",
            en="Requests, p99",
            asks=[_p99("d115_http_request_seconds", "service")],
            about="Streams count to their end. Points lead to traces.",
            unit="s",
        ),
        Panel(
            zh="事件循环滞后",
            en="Event loop lag",
            asks=[Ask(expr="max by (job) (d115_loop_lag_seconds)", legend="{{job}}")],
            about="How late a task is woken.",
            unit="s",
            red_from=1,
            runbook="D115LoopLag",
        ),
        Panel(
            zh="消费滞后",
            en="Consumer lag",
            asks=[
                Ask(
                    expr="max by (group, topic) (d115_consumer_lag_seconds)",
                    legend="{{group}} {{topic}}",
                )
            ],
            about="How far applying is behind, by when records were sent.",
            unit="s",
            red_from=15,
            runbook="D115ConsumerLag",
        ),
        Panel(
            zh="消费速率",
            en="Records applied",
            asks=[_rate("d115_consumer_records_total", "topic")],
            about="By topic.",
            unit="ops",
        ),
        Panel(
            zh="再均衡与重建",
            en="Rebalances",
            asks=[
                Ask(
                    expr="sum by (group) (increase(d115_consumer_rebalances_total[$__range]))",
                    legend="{{group}}",
                )
            ],
            about="Assignments of partitions received.",
        ),
        Panel(
            zh="发件箱",
            en="Outbox, oldest",
            asks=[
                Ask(expr="max by (schema) (d115_outbox_oldest_seconds)", legend="{{schema}}"),
            ],
            about="Committed and not yet acknowledged by Kafka; grows while it is looked away.",
            unit="s",
            red_from=10,
            runbook="D115OutboxOld",
        ),
        Panel(
            zh="发件箱行数",
            en="Outbox, rows",
            asks=[Ask(expr="max by (schema) (d115_outbox_rows)", legend="{{schema}}")],
            about="Rows that wait.",
        ),
        Panel(
            zh="发送 Kafka p99",
            en="Kafka acknowledges, p99",
            asks=[_p99("d115_producer_send_seconds", "client")],
            about="With all replicas in sync.",
            unit="s",
        ),
        Panel(
            zh="接警暂存",
            en="Spool of intake, oldest",
            asks=[
                Ask(expr="max(d115_intake_spool_oldest_seconds)", legend="oldest"),
                Ask(expr="max(d115_intake_kafka_away)", legend="Kafka away"),
            ],
            about="What intake keeps while Kafka does not answer.",
            unit="s",
            red_from=30,
            runbook="D115SpoolWaits",
        ),
        Panel(
            zh="时钟触发延迟 p99",
            en="Deadline to word, p99",
            asks=[
                Ask(
                    expr="histogram_quantile(0.99,"
                    " sum by (le) (increase(d115_timer_lag_seconds_bucket[$__range])))",
                    legend="p99",
                ),
                Ask(expr="max(d115_timer_overdue_seconds)", legend="overdue"),
                Ask(expr="max(d115_timer_closed_partitions)", legend="closed partitions"),
            ],
            about="From a deadline to what was said about it.",
            unit="s",
            runbook="D115TimerSlow",
        ),
        Panel(
            zh="数据库连接",
            en="Postgres",
            asks=[
                Ask(
                    expr="min by (application) (d115_postgres_idle_connections)",
                    legend="{{application}} idle",
                )
            ],
            about="Connections of each pool that are free.",
        ),
        Panel(
            zh="时钟偏差",
            en="Clocks apart",
            asks=[
                Ask(expr="max by (against) (d115_clock_offset_seconds)", legend="{{against}}"),
            ],
            about="Against this process's start, and against what others stamp.",
            unit="s",
            runbook="D115ClocksApart",
        ),
        Panel(
            zh="指标新鲜度",
            en="How old these figures are",
            asks=[Ask(expr="max by (part) (d115_measured_seconds)", legend="{{part}}")],
            about="Since gauges were last read from where they come from.",
            unit="s",
            red_from=60,
            runbook="D115MeasuresStale",
        ),
    ),
)
