-- Everything a change writes is written by one statement: the way there and back costs more than
-- the writing does, and what is locked stays locked for as long as it takes.

-- Rows that change stay on their page for as long as there is room: no index is touched then.
alter table dispatcher.incident set (fillfactor = 80);

-- Reads an incident, the answer to a command if it was answered, and which of some teams are on
-- which incident (null for none): all as it stands at one moment.
create function dispatcher.look_at(
    wanted uuid, asked_caller text, asked_command text, asked_key text, wanted_teams text[]
) returns table (
    version integer, head text, document text, digest text, body text,
    engaged_teams text[], engaged_incidents uuid[]
)
language plpgsql
stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
    if wanted_teams is not null then
        select array_agg(assignment.team), array_agg(assignment.incident)
        into engaged_teams, engaged_incidents
        from dispatcher.assignment as assignment
        where assignment.team = any(wanted_teams) and assignment.live;
    end if;
    return query
    select
        incident.version, incident.head, incident.document, answer.digest, answer.body,
        engaged_teams, engaged_incidents
    from dispatcher.incident as incident
    left join dispatcher.answer as answer
        on answer.caller = asked_caller
       and answer.command = asked_command
       and answer.key = asked_key
    where incident.id = wanted;
end;
$function$;

-- Locks teams, in the order of their ids, and says which are on which incident.
create function dispatcher.lock_teams(wanted text[])
returns table (team text, incident uuid)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
#variable_conflict use_column
begin
    -- A row stands for each team, so that it can be locked.
    insert into dispatcher.team (id)
    select named.id from unnest(wanted) as named (id)
    order by named.id
    on conflict (id) do nothing;
    perform from dispatcher.team
    where id = any(wanted)
    order by id
    for update;
    return query
    select assignment.team, assignment.incident
    from dispatcher.assignment as assignment
    where assignment.team = any(wanted) and assignment.live;
end;
$function$;

-- Writes changes if what they rest on still stands, else nothing; says which.
--
-- What they rest on: incidents stand at the versions they were seen at, teams are where they were
-- seen (null where they were free), and the command was not answered yet. It is checked only where
-- it is given: whoever holds the locks already gives none of it.
--
-- Locks are taken incidents first, then teams, then channels, each in the order of their names.
-- Each list is one column; null, or empty, where there is nothing to write.
create function dispatcher.save_changes(
    moment timestamptz, -- real time
    seen_ids uuid[],
    seen_versions integer[],
    seen_teams text[],
    seen_engaged uuid[],
    answered text[], -- caller, command, key, digest, body
    changed_ids uuid[],
    changed_versions integer[],
    changed_states text[],
    changed_severities text[],
    changed_centers text[],
    changed_updated timestamptz[],
    changed_ended timestamptz[],
    changed_offered text[],
    changed_heads text[],
    changed_documents text[],
    event_incidents uuid[],
    event_versions integer[],
    event_ids uuid[],
    event_types text[],
    event_occurred timestamptz[],
    event_recorded timestamptz[],
    event_actors text[],
    event_texts text[],
    event_previous text[],
    event_hashes text[],
    ended_incidents uuid[],
    ended_numbers integer[],
    ended_moments timestamptz[],
    begun_incidents uuid[],
    begun_numbers integer[],
    begun_teams text[],
    begun_organisations text[],
    begun_live boolean[],
    begun_ended timestamptz[],
    sealed_incidents uuid[],
    sealed_versions integer[],
    sealed_texts text[],
    sealed_moments timestamptz[],
    said_topic text,
    said_shards smallint[],
    said_keys text[],
    said_headers jsonb[],
    said_values text[],
    channel_names text[],
    channel_steps bigint[],
    frame_channels text[],
    frame_behind bigint[], -- how many of the channel's new frames come after it
    frame_types text[],
    frame_data text[]
) returns boolean
language plpgsql
-- One plan for each statement, made once: by key, whatever the tables hold when it is made.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $function$
begin
    if seen_ids is not null then
        perform from (
            select id, version
            from dispatcher.incident
            where id = any(seen_ids)
            order by id
            for update
        ) as stands
        join unnest(seen_ids, seen_versions) as seen (id, version)
            on seen.id = stands.id and seen.version = stands.version
        having count(*) = cardinality(seen_ids);
        if not found then
            return false;
        end if;
    end if;

    if seen_teams is not null then
        perform from dispatcher.lock_teams(seen_teams);
        perform from unnest(seen_teams, seen_engaged) as seen (team, incident)
        left join dispatcher.assignment as stands on stands.team = seen.team and stands.live
        where stands.incident is distinct from seen.incident;
        if found then
            return false;
        end if;
    end if;

    if answered is not null then
        insert into dispatcher.answer (caller, command, key, digest, body, recorded_at)
        values (answered[1], answered[2], answered[3], answered[4], answered[5], moment)
        on conflict (caller, command, key) do nothing;
        if not found then
            return false;
        end if;
    end if;

    if changed_ids is not null then
        update dispatcher.incident as incident
        set version = changed.version,
            state = changed.state,
            severity = changed.severity,
            center = changed.center,
            updated_at = changed.updated_at,
            ended_at = changed.ended_at,
            offered_to = changed.offered_to,
            head = changed.head,
            document = changed.document
        from unnest(
            changed_ids, changed_versions, changed_states, changed_severities, changed_centers,
            changed_updated, changed_ended, changed_offered, changed_heads, changed_documents
        ) as changed (
            id, version, state, severity, center, updated_at, ended_at, offered_to, head, document
        )
        where incident.id = changed.id;
    end if;

    if event_incidents is not null then
        insert into dispatcher.event (
            incident, version, id, type, occurred_at, recorded_at, actor, canonical, previous, hash
        )
        select * from unnest(
            event_incidents, event_versions, event_ids, event_types, event_occurred,
            event_recorded, event_actors, event_texts, event_previous, event_hashes
        );
    end if;

    -- End first, then begin: a diverted team is never on two incidents, not even for a moment.
    if ended_incidents is not null then
        update dispatcher.assignment as assignment
        set live = false, ended_at = ended.ended_at
        from unnest(ended_incidents, ended_numbers, ended_moments)
            as ended (incident, number, ended_at)
        where assignment.incident = ended.incident
          and assignment.number = ended.number
          and assignment.live;
    end if;
    if begun_incidents is not null then
        insert into dispatcher.assignment (incident, number, team, organisation, live, ended_at)
        select * from unnest(
            begun_incidents, begun_numbers, begun_teams, begun_organisations, begun_live,
            begun_ended
        );
    end if;

    if sealed_incidents is not null then
        insert into dispatcher.personal (incident, version, sealed, recorded_at)
        select * from unnest(sealed_incidents, sealed_versions, sealed_texts, sealed_moments);
    end if;

    if said_keys is not null then
        insert into dispatcher.outbox (shard, topic, key, headers, value, recorded_at)
        select said.shard, said_topic, said.key, said.headers, said.value, moment
        from unnest(said_shards, said_keys, said_headers, said_values)
            with ordinality as said (shard, key, headers, value, place)
        order by said.place;
    end if;

    -- The channels last, so that they are held shortest.
    if channel_names is not null then
        with taken as (
            insert into dispatcher.channel as channel (name, sequence)
            select step.name, step.count
            from unnest(channel_names, channel_steps) as step (name, count)
            order by step.name
            on conflict (name) do update set sequence = channel.sequence + excluded.sequence
            returning channel.name, channel.sequence
        )
        insert into dispatcher.frame (channel, sequence, type, data, recorded_at)
        select taken.name, taken.sequence - told.behind, told.type, told.data, moment
        from unnest(frame_channels, frame_behind, frame_types, frame_data)
            as told (channel, behind, type, data)
        join taken on taken.name = told.channel;
    end if;
    return true;
end;
$function$;

revoke all on function dispatcher.look_at, dispatcher.lock_teams, dispatcher.save_changes
    from public;
grant execute on function dispatcher.look_at, dispatcher.lock_teams, dispatcher.save_changes
    to d115_dispatcher;
