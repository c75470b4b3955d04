-- A venue that does not answer as it is declared: silver reads its silence wrongly.
select
    exchange_id,
    market,
    contradictions
from {{ ref('rpt_venue_manners') }}
where contradictions is not null
