-- What the dispatcher told last of who is at the desks of each center: for readiness.
create table notifier.desk (
    center text not null,
    type text not null, -- of the message: what a center is, or who is away from its desk
    at timestamptz not null, -- when that was so
    value text not null,
    primary key (center, type)
) with (fillfactor = 70);

grant select, insert, update on notifier.desk to d115_notifier;
