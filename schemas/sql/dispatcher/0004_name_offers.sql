-- The police organisation an incident is offered or handed over to stands in a column of its own:
-- a station's list would else look into the document of every incident there is.

alter table dispatcher.incident add column offered_to text;
update dispatcher.incident
set offered_to = coalesce(document ->> 'handed_over_to', document ->> 'handover')
where document ->> 'handed_over_to' is not null
   or document ->> 'handover' is not null;
create index incident_of_offer on dispatcher.incident (offered_to, received_at desc, id desc)
    where offered_to is not null;
