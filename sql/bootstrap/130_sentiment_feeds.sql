-- What sources of sentiment are asked about: feeds, communities, repositories, words.
create table if not exists config.sentiment_feeds (
    source text not null check (source ~ '^[a-z][a-z0-9_]*$'),
    endpoint text not null check (endpoint ~ '^[a-z][a-z0-9_]*$'),
    subject text not null default '-' check (subject ~ '\S'),
    is_enabled boolean not null default true,
    primary key (source, endpoint, subject)
);

comment on table config.sentiment_feeds is
'One row: what an endpoint of a source of sentiment is asked about.';
comment on column config.sentiment_feeds.subject is
'A feed''s address, a community, a repository, a coin or words; -: nothing in particular.';

select config.publish('config.sentiment_feeds');
