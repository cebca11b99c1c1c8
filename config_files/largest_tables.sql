select schemaname, relname, n_live_tup, n_dead_tup, last_autovacuum,
       pg_total_relation_size(relid) as total_bytes
from pg_stat_user_tables
order by total_bytes desc
limit 20;
