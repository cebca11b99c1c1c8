-- A query file may be as long as it likes, with comments; a semicolon at its end does no harm.
select show_cluster_nodes();
