;@ lang: dot tests/files/cli/input/power.lang --what calls
;= stdout
;| digraph {
;|   label="calls"; labelloc=t; fontname="monospace";
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|     0 [ label = "power" ]
;|     1 [ label = "main" ]
;|     2 [ label = "lang_rt_write_i64" style=dashed]
;|     3 [ label = "lang_rt_write_str" style=dashed]
;|     4 [ label = "lang_main" ]
;|     1 -> 0 [ label = "" ]
;|     1 -> 2 [ label = "" ]
;|     1 -> 3 [ label = "" ]
;|     4 -> 1 [ label = "" ]
;| }
