-- What waits for somebody beside the incidents themselves, and who is at a center's desk.

-- Supervisions (督办), as the incidents have them: for lists over all incidents.
create table dispatcher.supervision (
    incident uuid not null references dispatcher.incident (id),
    number integer not null check (number >= 1),
    author text not null, -- the organisation that put it there
    role text not null, -- of its author
    owner text not null, -- the organisation that answers for it
    post text not null, -- the duty post there
    supervised_at timestamptz not null,
    deadline timestamptz not null,
    ended_at timestamptz,
    primary key (incident, number)
);
create index supervision_by_deadline on dispatcher.supervision (deadline, incident, number);
create index supervision_open on dispatcher.supervision (deadline, incident, number)
    where ended_at is null;

-- Follow-up calls (回访) that are still to be made.
create table dispatcher.follow_up_call (
    incident uuid primary key references dispatcher.incident (id),
    due_by timestamptz not null,
    attempts integer not null check (attempts >= 0) -- made in vain since the incident closed
);
create index follow_up_call_by_due on dispatcher.follow_up_call (due_by, incident);

-- Brings both level with an incident's state, when one of the few events happened that change them.
create function dispatcher.keep_tasks() returns trigger
language plpgsql
as $function$
declare
    state jsonb;
begin
    select document::jsonb into state from dispatcher.incident where id = new.incident;

    insert into dispatcher.supervision (
        incident, number, author, role, owner, post, supervised_at, deadline, ended_at
    )
    select
        new.incident,
        (entry ->> 'number')::integer,
        entry -> 'by' ->> 'organisation',
        entry -> 'by' ->> 'role',
        entry -> 'owner' ->> 'organisation',
        entry -> 'owner' ->> 'post',
        (entry ->> 'supervised_at')::timestamptz,
        (entry ->> 'deadline')::timestamptz,
        (entry -> 'ended' ->> 'at')::timestamptz
    from jsonb_array_elements(coalesce(state -> 'supervisions', '[]')) as entry
    on conflict (incident, number) do update set ended_at = excluded.ended_at;

    if state ->> 'follow_up_due' is null then
        delete from dispatcher.follow_up_call where incident = new.incident;
    else
        insert into dispatcher.follow_up_call as known (incident, due_by, attempts)
        select
            new.incident,
            (state ->> 'follow_up_due')::timestamptz,
            (
                select count(*)
                from jsonb_array_elements(state -> 'follow_up_calls') as call
                where call -> 'round' = state -> 'rounds' -> -1 -> 'number'
            )
        on conflict (incident) do update
        set due_by = excluded.due_by, attempts = excluded.attempts;
    end if;
    return null;
end;
$function$;

create trigger event_keeps_tasks
after insert on dispatcher.event
for each row
when (
    new.type in (
        'incident.closed.v1', 'incident.reopened.v1', 'incident.follow_up_called.v1',
        'incident.supervised.v1', 'incident.supervision_ended.v1'
    )
)
execute function dispatcher.keep_tasks();

-- What each operator of a center said last: away from the desk, or back at it.
create table dispatcher.presence (
    center text not null,
    operator text not null,
    away boolean not null,
    since timestamptz not null,
    until timestamptz not null check (until > since),
    primary key (center, operator)
);

grant select, insert, update, delete on
    dispatcher.supervision, dispatcher.follow_up_call, dispatcher.presence
    to d115_dispatcher;
