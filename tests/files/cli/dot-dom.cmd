;@ lang: dot tests/files/cli/input/power.lang power --what dom
;= stdout
;| digraph {
;|   label="dominator tree of fn @power(i64, i64) -> i64 at 0:1:4"; labelloc=t; fontname="monospace";
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|     0 [ label = "block0" ]
;|     1 [ label = "block1" ]
;|     2 [ label = "block2" ]
;|     3 [ label = "block3" ]
;|     4 [ label = "block4" ]
;|     0 -> 1 [ label = "" ]
;|     1 -> 2 [ label = "" ]
;|     2 -> 3 [ label = "" ]
;|     1 -> 4 [ label = "" ]
;| }
