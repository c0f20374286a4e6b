-- Intake's own copy of the directory, so that it can tell who reports while Kafka is away.

create table intake.directory (
    singleton boolean primary key default true check (singleton),
    version bigint not null check (version >= 1),
    document jsonb not null,
    published_at timestamptz not null,
    saved_at timestamptz not null
);

grant select, insert, update on intake.directory to d115_intake;
