-- The trace an id was first spoken of in, so that what its clocks say later belongs to it.
alter table notifier.incident add column traceparent text;

-- What dashboards read: official figures, never anything personal, and nothing of drills and tests.
-- A login for them is granted this role; it sees these views and nothing else.
do $$
begin
    if not exists (select from pg_roles where rolname = 'd115_grafana') then
        create role d115_grafana nologin;
    end if;
exception
    when duplicate_object or unique_violation then
        null; -- roles are the whole server's: another database's migration was faster
end
$$;

create schema official;
grant usage on schema official to d115_grafana;

-- The zone that days are counted by: that of the park.
create view official.park as
select coalesce(
           (select document -> 'park' ->> 'time_zone' from notifier.directory),
           'Asia/Shanghai'
       ) as time_zone;

-- Each leg of each round of each actual alert, with its verdict: what GET /v1/compliance counts.
create view official.leg as
select incident_id, round, leg, organisation as center, station, kind, severity, received_at,
       outcome, amended, target_seconds, start_at, due_at, end_at, seconds, by
from notifier.leg
where status = 'actual';

-- The same, counted by day of the park, center and leg. compliance = met / (met + breached).
create view official.compliance as
select (leg.received_at at time zone park.time_zone)::date as day,
       leg.center, leg.leg,
       count(leg.seconds) as n,
       count(*) filter (where leg.outcome = 'met') as met,
       count(*) filter (where leg.outcome = 'met' and leg.amended) as amended,
       count(*) filter (where leg.outcome = 'breached') as breached,
       count(*) filter (where leg.outcome = 'void') as void,
       count(*) filter (where leg.outcome = 'pending') as pending,
       count(*) filter (where leg.outcome = 'not_measured') as not_measured
from official.leg
cross join official.park
group by 1, 2, 3;

-- Actual incidents that have not ended, with the leg that is the longest overdue, if one is.
create view official.live as
select incident.id as incident, alert.station, incident.center, alert.kind,
       alert.severity, incident.state, incident.alert_received_at as received_at,
       incident.opened_at, late.leg as late_leg, late.due_at as late_since
from notifier.incident
join notifier.alert on alert.id = incident.id
left join lateral (
    select leg.leg, leg.due_at
    from notifier.leg
    where leg.incident_id = incident.id
      and leg.outcome = 'breached'
      and leg.end_at is null
    order by leg.due_at
    limit 1
) as late on true
where incident.state not in ('closed', 'cancelled', 'refused', 'handed_over')
  and alert.status = 'actual';

-- Every breach that stands, ended or not.
create view official.breach as
select incident_id as incident, round, leg, center, station, kind, severity, received_at, due_at,
       end_at, seconds, target_seconds, by
from official.leg
where outcome = 'breached';

-- How many incidents of any status stand in each state, and how many alerts were accepted.
create view official.state as
select what as state, sum(count)::bigint as count
from notifier.head_count
group by what
having sum(count) <> 0;

grant select on
    official.park, official.leg, official.compliance, official.live, official.breach, official.state
to d115_grafana;
