"""Extract and load: from upstreams to the bronze schemas of one Postgres."""
