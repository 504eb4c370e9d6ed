;@ lang: dot tests/files/cli/input/power.lang power
;= stdout
;| digraph cfg {
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|   subgraph cluster_f0 {
;|     label="fn @power(i64, i64) -> i64 at 0:1:4";
;|     labeljust=l; fontname="monospace"; fontsize=11; color=gray;
;|     f0_block0 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block0(v0: i64, v1: i64)</td></tr><tr><td align="left" balign="left">v2 = iconst.i64 1<br/>v3 = iconst.i64 0<br/>jump block1(v2, v3)<br/></td></tr></table>>];
;|     f0_block1 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#c8f0c8" align="left">block1(v4: i64, v5: i64)</td></tr><tr><td align="left" balign="left">v6 = icmp_slt.i64 v5, v1<br/>brif v6, block2, block4<br/></td></tr></table>>];
;|     f0_block2 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block2</td></tr><tr><td align="left" balign="left">v7 = imul.i64 v4, v0<br/>jump block3<br/></td></tr></table>>];
;|     f0_block3 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block3</td></tr><tr><td align="left" balign="left">v8 = iconst.i64 1<br/>v9 = iadd.i64 v5, v8<br/>jump block1(v7, v9)<br/></td></tr></table>>];
;|     f0_block4 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block4</td></tr><tr><td align="left" balign="left">return v4<br/></td></tr></table>>];
;|     f0_block0 -> f0_block1 [];
;|     f0_block1 -> f0_block2 [label="1"];
;|     f0_block1 -> f0_block4 [label="0"];
;|     f0_block2 -> f0_block3 [];
;|     f0_block3 -> f0_block1 [style=bold, color="#208020"];
;|   }
;| }
