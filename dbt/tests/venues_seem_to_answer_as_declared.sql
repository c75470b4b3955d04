-- A venue that may answer otherwise than it is declared, or stood still, or listed a symbol.
{{ config(severity='warn') }}

select
    exchange_id,
    market,
    suspicions
from {{ ref('rpt_venue_manners') }}
where suspicions is not null
