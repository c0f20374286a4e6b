-- Messages to people: made in the transaction that says a step is due, sent by whoever claims them.

-- name: insert_messages
-- Makes messages; of one that was made before the first stays.
insert into notifier.message (
    id, purpose, organisation, person, post, why, incident, step, rung, number, severity, status,
    kind, place, center, station, month, voice, first, bundle, state, reason, due_at, made_at,
    queued_at, next_at, endpoint, settled_at
)
select id, purpose, organisation, person, post, why, incident, step, rung, number, severity, status,
       kind, place, center, station, month, voice, first, bundle, state, reason, due_at, made_at,
       $2, next_at, endpoint, case when state in ('failed', 'skipped') then made_at end
from json_to_recordset($1::json) as new (
    id uuid, purpose text, organisation text, person text, post text, why text, incident uuid,
    step text, rung text, number text, severity text, status text, kind text, place text,
    center text, station text, month text, voice boolean, first boolean, bundle uuid, state text,
    reason text, due_at timestamptz, made_at timestamptz, next_at timestamptz, endpoint text
)
on conflict (id) do nothing
returning id;

-- name: lock_bundles
-- Locks the bundles that may still take messages: nobody has begun to send them.
select id
from notifier.message
where id = any($1::uuid[])
  and state = 'waiting'
  and attempts = 0
order by id
for update;

-- name: select_earlier
-- Reads what was made before about incidents.
select id, incident, step, purpose, organisation, person, state, acknowledged_at
from notifier.message
where incident = any($1::uuid[])
  and purpose = 'step';

-- name: select_windows
-- Reads since when the messages of people are gathered.
select organisation, person, purpose, opened_at
from notifier.message_window
where (organisation, person) in (select * from unnest($1::text[], $2::text[]));

-- name: upsert_windows
-- Begins windows anew.
insert into notifier.message_window as old (organisation, person, purpose, opened_at)
select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
on conflict (organisation, person, purpose) do update
set opened_at = greatest(old.opened_at, excluded.opened_at);

-- name: end_steps
-- Notes that the causes of steps are gone. What nobody has begun to send is skipped; what was told
-- is given back, to be followed by a stand-down.
with gone as (
    select message.id,
           message.state in ('waiting', 'bundled')
           and not message.begun
           and not coalesce(bundle.begun, false) as unsent,
           exists (
               select from notifier.message_attempt as attempt
               where attempt.message_id in (message.id, message.bundle) and attempt.outcome is null
           ) as unknown
    from notifier.message
    left join notifier.message as bundle on bundle.id = message.bundle
    where (message.incident, message.step) in (select * from unnest($1::uuid[], $2::text[]))
      and message.purpose = 'step'
      and message.over_at is null
    order by message.id
    for update of message
)
update notifier.message
set over_at = $3::timestamptz,
    state = case when gone.unsent then 'skipped' else message.state end,
    reason = case when gone.unsent then 'over' else message.reason end,
    settled_at = case when gone.unsent then $3::timestamptz else message.settled_at end
from gone
where message.id = gone.id
returning message.incident, message.step, message.rung, message.number, message.severity,
          message.status, message.kind, message.place, message.center, message.station,
          message.organisation, message.person,
          message.state = 'delivered' or (gone.unsent and gone.unknown) as told;

-- name: claim_messages
-- Locks messages whose turn has come and nobody else has: red ones first, then the first a person
-- hears of an incident, then the longest due.
select id, purpose, organisation, person, incident, step, rung, number, severity, status, kind,
       place, center, station, voice, first, why, post, endpoint, way, tries, attempts, queued_at,
       over_at
from notifier.message
where state = 'waiting'
  and next_at <= $1
  and endpoint <> all($2::text[])
order by severity is distinct from 'red', not first, next_at
limit $3
for update skip locked;

-- name: select_members
-- Reads what goes with bundles.
select bundle, incident, step, rung, number, severity, status, kind, place, center, station, purpose
from notifier.message
where bundle = any($1::uuid[])
  and state = 'bundled'
order by position;

-- name: begin_attempts
-- Counts an attempt before it is made; if nobody settles it, the message is due again.
with begun as (
    update notifier.message
    set attempts = new.number, begun = true, next_at = $5, endpoint = new.endpoint
    from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $7::text[])
        as new (id, number, way, address, endpoint)
    where message.id = new.id
    returning message.id, new.number, new.way, new.address
)
insert into notifier.message_attempt (message_id, number, way, address, began_at)
select id, number, way, address, $6 from begun;

-- name: defer_messages
-- Has messages wait, or go on by another way, without an attempt.
update notifier.message
set next_at = new.next_at, way = new.way, tries = 0, endpoint = new.endpoint
from unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::text[])
    as new (id, next_at, way, endpoint)
where message.id = new.id;

-- name: settle_messages
-- Keeps what came of messages, and of what went with them: a delivery always, anything else only if
-- no later attempt has begun. Gives back what was told although its cause had gone meanwhile.
with new as (
    select *
    from json_to_recordset($1::json) as new (
        id uuid, attempt integer, outcome text, detail text, state text, reason text,
        next_at timestamptz, way integer, tries integer, endpoint text
    )
),
attempts as (
    update notifier.message_attempt
    set ended_at = $3::timestamptz, outcome = new.outcome, detail = new.detail
    from new
    where message_attempt.message_id = new.id
      and message_attempt.number = new.attempt
      and message_attempt.outcome is null
),
kept as (
    update notifier.message
    set state = new.state, reason = new.reason, begun = false, way = new.way, tries = new.tries,
        endpoint = new.endpoint, next_at = coalesce(new.next_at, message.next_at),
        settled_at = case when new.state = 'waiting' then null else $2::timestamptz end
    from new
    where message.id = new.id
      and (
          (message.state = 'waiting' and (new.attempt is null or message.attempts = new.attempt))
          or (message.state = 'failed' and new.state = 'delivered')
      )
    returning message.id, message.state, message.reason
),
members as (
    update notifier.message
    set state = kept.state, reason = kept.reason, settled_at = $2::timestamptz
    from kept
    where message.bundle = kept.id
      and message.state = 'bundled'
      and kept.state <> 'waiting'
    returning message.id
)
select (select count(*) from kept) as kept, (select count(*) from members) as members;

-- name: list_told_though_over
-- Reads which of messages, or of what went with them, were told although their cause had gone.
select incident, step, rung, number, severity, status, kind, place, center, station, organisation,
       person
from notifier.message
where (id = any($1::uuid[]) or bundle = any($1::uuid[]))
  and purpose = 'step'
  and over_at is not null
  and (
      state = 'delivered'
      or exists (
          select from notifier.message_attempt as attempt
          where attempt.message_id = message.id and attempt.outcome is null
      )
  );

-- name: measure_messages
-- Counts what waits and reads since when.
select count(*) as count, min(next_at) as oldest
from notifier.message
where state = 'waiting';

-- name: insert_reply
-- Uses a link; says nothing where it was used before.
insert into notifier.message_reply (message_id, acknowledged_at, real_at)
select id, $2, $3 from notifier.message where id = $1
on conflict (message_id) do nothing
returning message_id;

-- name: mark_acknowledged
-- Notes a message, and what went with it, as acknowledged; what was thought undelivered was not.
update notifier.message
set acknowledged_at = $2::timestamptz,
    state = case when state in ('waiting', 'failed') then 'delivered' else state end,
    reason = case when state in ('waiting', 'failed') then null else reason end,
    settled_at = coalesce(settled_at, $2::timestamptz)
where (id = $1 or bundle = $1)
  and state <> 'skipped'
  and acknowledged_at is null
returning incident, step, organisation, person;

-- name: skip_acknowledged
-- Skips what waits of a rung that a person has acknowledged.
update notifier.message
set state = 'skipped', reason = 'acknowledged', settled_at = $5
where incident = $1
  and organisation = $2
  and person = $3
  and left(step, length(step) - strpos(reverse(step), '/')) = $4
  and purpose = 'step'
  and not begun
  and state in ('waiting', 'bundled');

-- name: find_message
-- Reads what the page behind a link shows.
select message.id, message.purpose, message.number, message.severity, message.organisation,
       message.person, reply.message_id is not null as used
from notifier.message
left join notifier.message_reply as reply on reply.message_id = message.id
where message.id = $1;

-- name: list_messages
-- Reads a page of messages, the newest first, for those who may see them.
select id, position, purpose, organisation, person, post, why, incident, step, rung, number,
       severity, status, voice, bundle, state, reason, due_at, made_at, next_at, attempts, over_at,
       settled_at, acknowledged_at
from notifier.message
where ($1::uuid is null or incident = $1)
  and ($2::text is null or person = $2)
  and ($3::text is null or state = $3)
  and ($4::text is null or organisation = $4 or center = $4)
  and ($5::text is null or organisation = $5 or station = $5)
  and ($6::bigint is null or position < $6)
order by position desc
limit $7;

-- name: list_attempts
-- Reads the attempts of messages in their order.
select message_id, number, way, address, began_at, ended_at, outcome, detail
from notifier.message_attempt
where message_id = any($1::uuid[])
order by message_id, number;

-- name: claim_month
-- Says that the test of a month is made now; nothing where it was made before.
insert into notifier.message_month (month, made_at, contacts)
values ($1, $2, $3)
on conflict (month) do nothing
returning month;

-- name: has_month
-- Says whether the test of a month was made.
select made_at, contacts from notifier.message_month where month = $1;

-- name: list_month
-- Reads what became of the tests of a month.
select id, organisation, person, state, reason, settled_at, acknowledged_at
from notifier.message
where month = $1
  and ($2::text is null or organisation = $2)
order by organisation, person;
