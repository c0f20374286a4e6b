-- The silent canary of each center and day: an alert of status `test` that goes the whole way and is
-- taken back before anybody could be rung. Moments are domain time where not said otherwise.

create table notifier.canary (
    center text not null,
    day date not null, -- of the park
    planned_at timestamptz not null,
    ends_at timestamptz not null, -- the end of the day: later it is not sent any more
    state text not null default 'planned' check (
        state in ('planned', 'sent', 'opened', 'ending', 'passed', 'failed', 'missed')
    ),
    alert_id uuid,
    tried_at timestamptz, -- real time: when it was first sent, or tried to be
    opened_at timestamptz,
    open_seconds double precision, -- from its receipt to its opening
    pushed boolean not null default false, -- a console confirmed receipt by itself
    ending_at timestamptz, -- real time: when it was first taken back, or tried to be
    finished_at timestamptz,
    fault text, -- why it fails: a code
    turn_until timestamptz, -- real time: until then one notifier is at it
    primary key (center, day),
    check (planned_at < ends_at),
    check ((finished_at is null) = (state in ('planned', 'sent', 'opened', 'ending'))),
    check (state <> 'failed' or fault is not null),
    check (state <> 'passed' or (fault is null and opened_at is not null))
);

create index canary_unfinished on notifier.canary (planned_at) where finished_at is null;
create index canary_finished on notifier.canary (center, finished_at) where finished_at is not null;

grant select, insert, update on notifier.canary to d115_notifier;
