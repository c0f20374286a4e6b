"""The dashboard "compliance": whether the promise was kept. Official figures come from SQL."""

from deploy.grafana.building import Ask, Dashboard, Panel, Sort, Sql

_BUCKET = "d115_leg_duration_seconds_bucket"
_COUNT = "d115_leg_duration_seconds_count"
_COUNTS = """count(seconds) as n,
       count(*) filter (where outcome = 'met') as met,
       count(*) filter (where outcome = 'met' and amended) as amended,
       count(*) filter (where outcome = 'breached') as breached,
       count(*) filter (where outcome = 'void') as void,
       count(*) filter (where outcome = 'pending') as pending,
       count(*) filter (where outcome = 'not_measured') as not_measured,
       count(*) filter (where outcome = 'met')::float
           / nullif(count(*) filter (where outcome in ('met', 'breached')), 0) as compliance"""


def _fractile(legs: str, bound: str) -> Ask:
    """The share of legs that took no longer than a bound of the histogram."""
    chosen = f'leg=~"{legs}", status="actual"'
    return Ask(
        expr=f'sum by (leg) (increase({_BUCKET}{{{chosen}, le="{bound}"}}[$__range]))'
        f" / (sum by (leg) (increase({_COUNT}{{{chosen}}}[$__range])) > 0)",
        legend="{{leg}}",
    )


def _quantile(share: str) -> Ask:
    return Ask(
        expr=f"histogram_quantile({share}, sum by (le, leg)"
        f' (increase({_BUCKET}{{status="actual"}}[$__range])))',
        legend="{{leg}} p" + share.removeprefix("0."),
    )


COMPLIANCE = Dashboard(
    uid="d115-compliance",
    zh="达标",
    en="Compliance",
    since="now-7d",
    panels=(
        Panel(
            zh="各环节达标率（官方）",
            en="Compliance by leg, official",
            asks=[
                Sql(
                    text=f"select leg, {_COUNTS}\nfrom official.leg\n"
                    "where $__timeFilter(received_at)\ngroup by leg\norder by leg"
                )
            ],
            about="The figures of GET /v1/compliance: met / (met + breached), with the counts"
            " that stand beside it. Drills and tests never count.",
            sort=Sort.TABLE,
            width=24,
            height=11,
        ),
        Panel(
            zh="各微中心达标率（官方）",
            en="Compliance by center, official",
            asks=[
                Sql(
                    text=f"select center, leg, {_COUNTS}\nfrom official.leg\n"
                    "where $__timeFilter(received_at)\ngroup by center, leg\norder by center, leg"
                )
            ],
            about="Charged to the center that had the round. With n below 10 read the counts.",
            sort=Sort.TABLE,
            width=24,
            height=11,
        ),
        Panel(
            zh="用时分位（官方）",
            en="How long it took, official",
            asks=[
                Sql(
                    text="select leg, count(seconds) as n,\n"
                    "       percentile_disc(0.5) within group (order by seconds) as p50,\n"
                    "       percentile_disc(0.9) within group (order by seconds) as p90,\n"
                    "       percentile_disc(0.95) within group (order by seconds) as p95\n"
                    "from official.leg\n"
                    "where $__timeFilter(received_at) and seconds is not null\n"
                    "group by leg\norder by leg"
                )
            ],
            about="Nearest rank, in seconds.",
            sort=Sort.TABLE,
            width=12,
            height=10,
        ),
        Panel(
            zh="本月还可超时次数",
            en="Misses left this month",
            asks=[
                Sql(
                    text="select center, leg,\n"
                    "       floor(0.05 * sum(met + breached)) - sum(breached) as misses_left,\n"
                    "       sum(met + breached) as judged\n"
                    "from official.compliance\n"
                    "where day >= date_trunc('month', $__timeTo()::timestamptz)::date\n"
                    "group by center, leg\nhaving sum(met + breached) > 0\norder by 3, center, leg"
                )
            ],
            about="Of an objective of 95 % per center and leg; alarms on rates are for the park as"
            " a whole, a center has too few alerts for them.",
            sort=Sort.TABLE,
            width=12,
            height=10,
        ),
        Panel(
            zh="30 天走势（官方）",
            en="Day by day, official",
            asks=[
                Sql(
                    text="select day::timestamptz as time, leg as metric,\n"
                    "       sum(met)::float / nullif(sum(met + breached), 0) as compliance\n"
                    "from official.compliance\n"
                    "where day >= ($__timeTo()::timestamptz - interval '30 days')::date\n"
                    "  and leg in ('push', 'acknowledge', 'assign', 'on_scene')\n"
                    "group by day, leg\norder by day, leg",
                    over_time=True,
                )
            ],
            about="By the days of the park.",
            unit="percentunit",
            width=12,
            red_below=0.95,
        ),
        Panel(
            zh="出警用时分布（官方）",
            en="Assigned to on scene, official",
            asks=[
                Sql(
                    text="select width_bucket(seconds, array[0, 300, 600, 900, 1800]) as band,\n"
                    "       (array['0-5', '5-10', '10-15', '15-30', '30+'])"
                    "[width_bucket(seconds, array[0, 300, 600, 900, 1800])] as minutes,\n"
                    "       count(*) as count\n"
                    "from official.leg\n"
                    "where $__timeFilter(received_at) and leg = 'on_scene' and seconds >= 0\n"
                    "group by 1, 2\norder by 1"
                )
            ],
            about="The bands of the 110 bulletin.",
            sort=Sort.TABLE,
            width=12,
        ),
        Panel(
            zh="到场达标率（监控估计）",
            en="On-scene and the others, by Prometheus",
            asks=[
                _fractile("on_scene", "300.0"),
                _fractile("station|push|acknowledge|assign|depart", "60.0"),
                _fractile("accept", "30.0"),
            ],
            about="The share within the target of legs that ended. It extrapolates and forgets"
            " what never ended: the official figure is the one from SQL.",
            unit="percentunit",
            width=8,
            red_below=0.95,
        ),
        Panel(
            zh="用时分位（监控估计）",
            en="How long it took, by Prometheus",
            asks=[_quantile("0.5"), _quantile("0.9"), _quantile("0.95")],
            about="Between the bounds of the histogram it is interpolated.",
            unit="s",
            width=8,
        ),
        Panel(
            zh="超时率（1 小时 / 6 小时）",
            en="Missed, one hour and six",
            asks=[
                Ask(expr="d115:legs_missed:ratio1h", legend="{{leg}} 1h"),
                Ask(expr="d115:legs_missed:ratio6h", legend="{{leg}} 6h"),
            ],
            about="Park-wide. The alarms ask for 72 % in an hour, or 30 % in six hours, and for a"
            " least number of judged legs.",
            unit="percentunit",
            width=8,
            runbook="D115TargetBurnFast",
        ),
    ),
)
