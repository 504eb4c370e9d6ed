;@ lang: dot tests/files/cli/input/two/main.lang --what ast
;= stdout
;| digraph ast {
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|   subgraph cluster_0 {
;|   label="(main)\ntests/files/cli/input/two/main.lang";
;|   n0 [label="import"];
;|   n1 [label="half", shape=plain];
;|   n0 -> n1;
;|   n2 [label="fn"];
;|   n3 [label="main", shape=plain];
;|   n2 -> n3;
;|   n4 [label="{ }"];
;|   n2 -> n4;
;|   n5 [label="call"];
;|   n4 -> n5;
;|   n6 [label="print", shape=plain];
;|   n5 -> n6;
;|   n7 [label="call"];
;|   n5 -> n7;
;|   n8 [label="."];
;|   n7 -> n8;
;|   n9 [label="half", shape=plain];
;|   n8 -> n9;
;|   n10 [label="of", shape=plain];
;|   n8 -> n10;
;|   n11 [label="4", shape=plain];
;|   n7 -> n11;
;|   }
;|   subgraph cluster_1 {
;|   label="half\ntests/files/cli/input/two/half.lang";
;|   n12 [label="pub fn"];
;|   n13 [label="of", shape=plain];
;|   n12 -> n13;
;|   n14 [label="n:"];
;|   n12 -> n14;
;|   n15 [label="i64", shape=plain];
;|   n14 -> n15;
;|   n16 [label="->", shape=plain];
;|   n12 -> n16;
;|   n17 [label="i64", shape=plain];
;|   n12 -> n17;
;|   n18 [label="{ }"];
;|   n12 -> n18;
;|   n19 [label="tail"];
;|   n18 -> n19;
;|   n20 [label="/"];
;|   n19 -> n20;
;|   n21 [label="n", shape=plain];
;|   n20 -> n21;
;|   n22 [label="2", shape=plain];
;|   n20 -> n22;
;|   n23 [label="fn"];
;|   n24 [label="unused", shape=plain];
;|   n23 -> n24;
;|   n25 [label="n:"];
;|   n23 -> n25;
;|   n26 [label="i64", shape=plain];
;|   n25 -> n26;
;|   n27 [label="->", shape=plain];
;|   n23 -> n27;
;|   n28 [label="i64", shape=plain];
;|   n23 -> n28;
;|   n29 [label="{ }"];
;|   n23 -> n29;
;|   n30 [label="tail"];
;|   n29 -> n30;
;|   n31 [label="n", shape=plain];
;|   n30 -> n31;
;|   }
;| }
