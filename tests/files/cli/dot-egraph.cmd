;@ lang: dot tests/files/cli/input/scale.ir scale --what egraph
;= stdout
;| digraph egraph {
;|   label="scale: 5 e-nodes, 4 e-classes"; labelloc=t; compound=true;
;|   fontname="monospace"; fontsize=10; clusterrank=local;
;|   node [shape=box, fontname="monospace", fontsize=10, style=filled, fillcolor="#f4f4e8"];
;|   subgraph cluster_2 {
;|     label="2: i64 in -9223372036854775808..=9223372036854775800"; style=dashed; fontsize=9;
;|     n2_0 [label="imul.i64"];
;|     n2_1 [label="ishl.i64\nimul-pow2", fillcolor="#c8f0c8"];
;|   }
;|   subgraph cluster_0 {
;|     label="0: i64"; style=dashed; fontsize=9;
;|     n0_0 [label="v0"];
;|   }
;|   subgraph cluster_1 {
;|     label="1: i64"; style=dashed; fontsize=9;
;|     n1_0 [label="8"];
;|   }
;|   subgraph cluster_3 {
;|     label="3: i64"; style=dashed; fontsize=9;
;|     n3_0 [label="3\nimul-pow2", fillcolor="#c8f0c8"];
;|   }
;|   n2_0 -> n0_0 [label=0, lhead=cluster_0, fontsize=8];
;|   n2_0 -> n1_0 [label=1, lhead=cluster_1, fontsize=8];
;|   n2_1 -> n0_0 [label=0, lhead=cluster_0, fontsize=8];
;|   n2_1 -> n3_0 [label=1, lhead=cluster_3, fontsize=8];
;|   s0 [label="return v2", shape=plain, style=""];
;|   s0 -> n2_0 [lhead=cluster_2, color=gray];
;| }
