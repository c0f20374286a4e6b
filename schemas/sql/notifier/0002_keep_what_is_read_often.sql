-- What was read anew from tables that only grow is kept beside, in the transaction that changes it;
-- and indexes no longer name what changes with every act, so that an act writes a row in place.

-- The facts in the timing log of an incident in the order they were said, each ended by a line feed.
alter table notifier.incident add column announced text not null default '';

update notifier.incident
set announced = said.facts
from (
    select incident_id, string_agg(fact || E'\n', '' order by sequence) as facts
    from notifier.timing_event
    group by incident_id
) as said
where incident.id = said.incident_id;

alter table notifier.incident add check ((sequence = 0) = (announced = ''));

-- The version changes with every act, the moment of the opening never.
drop index notifier.incident_by_state;
drop index notifier.alert_unopened;
create index alert_unopened on notifier.incident (alert_received_at)
where opened_at is null and alert_known and dead_lettered_at is null;
drop index notifier.incident_unannounced;
create index incident_unannounced on notifier.incident (opened_at)
where opened_at is not null and not alert_known and dead_lettered_at is null;

-- How many incidents stand in each state, and how many alerts were accepted, by the partition of
-- their keys: whoever follows one partition waits for nobody else here.
create table notifier.head_count (
    partition integer not null check (partition >= 0),
    what text not null, -- a state of incidents, or 'alert'
    count bigint not null,
    primary key (partition, what)
) with (fillfactor = 50);

insert into notifier.head_count (partition, what, count)
select partition, what, count(*)
from (
    select partition, state as what
    from notifier.incident
    where state is not null
    union all
    select partition, 'alert'
    from notifier.incident
    where alert_known
) as counted
group by partition, what;

grant select, insert, update on notifier.head_count to d115_notifier;

-- Figures of one organisation read its own legs, those of all read a stretch of the table: legs lie
-- in about the order their alerts were received in. Neither index names what a verdict changes.
drop index notifier.leg_by_day;
create index leg_by_organisation on notifier.leg (organisation, status, received_at);
create index leg_by_time on notifier.leg using brin (received_at)
with (pages_per_range = 32, autosummarize = on);
