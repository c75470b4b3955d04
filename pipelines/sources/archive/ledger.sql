-- What finished loads know of files; a row of a load that died does not count.
select
    f.path,
    f.status,
    f.bytes_count,
    f.published_at_ms,
    f.sha256
from bronze_archive.files as f
inner join ops.loads as l
    on f._dlt_load_id = l.load_id and l.schema_name = 'bronze_archive'
where f.path = any($1)
