;@ lang: dot tests/files/run/z27-modules/main.lang local.both --what ast
;= stdout
;| digraph ast {
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|   n0 [label="pub fn"];
;|   n1 [label="both", shape=plain];
;|   n0 -> n1;
;|   n2 [label="->", shape=plain];
;|   n0 -> n2;
;|   n3 [label="i64", shape=plain];
;|   n0 -> n3;
;|   n4 [label="{ }"];
;|   n0 -> n4;
;|   n5 [label="tail"];
;|   n4 -> n5;
;|   n6 [label="+"];
;|   n5 -> n6;
;|   n7 [label="+"];
;|   n6 -> n7;
;|   n8 [label="LIMIT", shape=plain];
;|   n7 -> n8;
;|   n9 [label="HIDDEN", shape=plain];
;|   n7 -> n9;
;|   n10 [label="call"];
;|   n6 -> n10;
;|   n11 [label="outer", shape=plain];
;|   n10 -> n11;
;| }
