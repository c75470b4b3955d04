-- How the venues answer for candles, as this release declares it: silver holds what they did
-- against it. Whoever bootstraps writes it; nobody else does.
create table if not exists ops.venue_manners (
    exchange_id text not null,
    market text not null,
    sends_quiet_minutes boolean not null,
    window_minutes integer,
    primary key (exchange_id, market)
);

comment on table ops.venue_manners is
'One row: a market of a venue, and how it is declared to answer for candles.';
comment on column ops.venue_manners.sends_quiet_minutes is
'Whether a minute without trades has a candle.';
comment on column ops.venue_manners.window_minutes is
'How far back an answer reaches, whatever was asked; null: as far as it is asked.';

grant select on ops.venue_manners to transformer;
