;@ lang: dot tests/files/cli/input/power.lang power --what loops
;= stdout
;| digraph {
;|   label="loops of fn @power(i64, i64) -> i64 at 0:1:4"; labelloc=t; fontname="monospace";
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|     0 [ label = "outside of loops\lblock0 block4\l" ]
;|     1 [ label = "loop at block1, depth 1\lblocks block1 block2 block3\llatches block3\lpreheader block0\lexits block1->block4\l" ]
;|     0 -> 1 [ label = "" ]
;| }
