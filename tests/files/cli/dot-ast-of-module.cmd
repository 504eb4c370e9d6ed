;@ lang: dot tests/files/cli/input/two/main.lang half.of --what ast
;= stdout
;| digraph ast {
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|   n0 [label="pub fn"];
;|   n1 [label="of", shape=plain];
;|   n0 -> n1;
;|   n2 [label="n:"];
;|   n0 -> n2;
;|   n3 [label="i64", shape=plain];
;|   n2 -> n3;
;|   n4 [label="->", shape=plain];
;|   n0 -> n4;
;|   n5 [label="i64", shape=plain];
;|   n0 -> n5;
;|   n6 [label="{ }"];
;|   n0 -> n6;
;|   n7 [label="tail"];
;|   n6 -> n7;
;|   n8 [label="/"];
;|   n7 -> n8;
;|   n9 [label="n", shape=plain];
;|   n8 -> n9;
;|   n10 [label="2", shape=plain];
;|   n8 -> n10;
;| }
