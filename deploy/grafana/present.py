"""The dashboard "now": what is open, late, or without anybody who listens."""

from deploy.grafana.building import Ask, Dashboard, Panel, Sort, Sql

_LIVE = 'd115_incidents{state!~"closed|cancelled|refused|handed_over"}'

NOW = Dashboard(
    uid="d115-now",
    zh="现在",
    en="Now",
    since="now-1h",
    panels=(
        Panel(
            zh="在办事件",
            en="Open incidents by state",
            asks=[Ask(expr=f"max by (state) ({_LIVE})", legend="{{state}}")],
            about="Incidents that have not ended, of any status, drills included.",
            sort=Sort.STAT,
            width=12,
            height=5,
        ),
        Panel(
            zh="已超时未完成",
            en="Past their target now",
            asks=[Ask(expr="sum(max by (leg, center) (d115_legs_late)) or vector(0)")],
            about="Legs of actual incidents that are past their target and have not ended.",
            sort=Sort.STAT,
            width=4,
            height=5,
            red_from=1,
            runbook="D115BreachNow",
        ),
        Panel(
            zh="最久未签收",
            en="Oldest not signed for",
            asks=[
                Ask(
                    expr='max(d115_legs_oldest_seconds{leg=~"push|acknowledge"}) or vector(0)',
                )
            ],
            about="Since the oldest alert that no center has received or signed for began to wait.",
            sort=Sort.STAT,
            unit="s",
            width=4,
            height=5,
            red_from=60,
            runbook="D115Unacknowledged",
        ),
        Panel(
            zh="告警",
            en="Alarms firing",
            asks=[
                Ask(
                    expr="count("
                    'ALERTS{alertstate="firing", alertname!="D115Watchdog"}) or vector(0)',
                )
            ],
            about="Alarms of the rules in deploy/prometheus/rules, each with a runbook.",
            sort=Sort.STAT,
            width=4,
            height=5,
            red_from=1,
        ),
        Panel(
            zh="超时清单",
            en="Breaches, still open",
            asks=[
                Sql(
                    text="select severity, center, state, late_leg, late_since, received_at,"
                    " station, incident from official.live where late_leg is not null"
                    " order by late_since limit 100"
                )
            ],
            about="From the official views; who is late the longest stands first.",
            sort=Sort.TABLE,
            width=24,
            height=8,
            runbook="D115BreachNow",
        ),
        Panel(
            zh="在办清单",
            en="All that is open",
            asks=[
                Sql(
                    text="select received_at, severity, kind, center, state, station, incident"
                    " from official.live order by received_at limit 200"
                )
            ],
            about="From the official views; nothing personal is in them.",
            sort=Sort.TABLE,
            width=12,
            height=9,
        ),
        Panel(
            zh="各环节进行中",
            en="Legs that run",
            asks=[
                Ask(
                    expr="sum by (leg) (max by (leg, center) (d115_legs_running))",
                    legend="{{leg}}",
                )
            ],
            about="How many incidents wait for what.",
            width=12,
            height=9,
        ),
        Panel(
            zh="各环节最久等待",
            en="Oldest of each leg",
            asks=[
                Ask(expr="max by (leg) (d115_legs_oldest_seconds)", legend="{{leg}}"),
            ],
            about="Grows while nothing happens.",
            unit="s",
            width=12,
        ),
        Panel(
            zh="控制台在线数",
            en="Consoles that listen",
            asks=[Ask(expr="sum by (center) (d115_console_streams)", legend="{{center}}")],
            about="Streams open to each center's consoles, over all dispatchers.",
            width=6,
            runbook="D115ConsoleDown",
        ),
        Panel(
            zh="控制台离线时长",
            en="Since a console last listened",
            asks=[Ask(expr="min by (center) (d115_console_away_seconds)", legend="{{center}}")],
            about="0 while one listens.",
            sort=Sort.BARS,
            unit="s",
            width=6,
            red_from=120,
            runbook="D115ConsoleDown",
        ),
    ),
)
