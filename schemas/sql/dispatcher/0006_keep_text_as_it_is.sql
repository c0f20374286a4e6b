-- What is written with every act is kept as the text it was written as. To take an incident apart
-- as jsonb, and to compress it, took longer than to write it, and so it did with a message that is
-- gone again as soon as Kafka has it. Nothing here looks into either.

alter table dispatcher.incident alter column document type text using document::text;

-- The message lives for moments: not compressed. A frame fits on a page as it is.
alter table dispatcher.outbox alter column value set storage external;
alter table dispatcher.frame set (toast_tuple_target = 8160);
