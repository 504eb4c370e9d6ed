;@ lang: dot tests/files/cli/input/power.lang lang_main --stage opt
;= stdout
;| digraph cfg {
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|   subgraph cluster_f2 {
;|     label="export fn @lang_main() -> i32";
;|     labeljust=l; fontname="monospace"; fontsize=11; color=gray;
;|     f2_block0 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block0</td></tr><tr><td align="left" balign="left">v0 = iconst.i64 1<br/>v1 = iconst.i64 0<br/>jump block1(v0, v1)<br/></td></tr></table>>];
;|     f2_block1 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#c8f0c8" align="left">block1(v2: i64, v3: i64)</td></tr><tr><td align="left" balign="left">v4 = iconst.i64 4<br/>v5 = icmp_slt.i64 v3, v4<br/>brif v5, block2, block3<br/></td></tr></table>>];
;|     f2_block2 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block2</td></tr><tr><td align="left" balign="left">v6 = iconst.i64 1<br/>v7 = iadd.i64 v3, v6<br/>v8 = ishl.i64 v2, v6<br/>v9 = iadd.i64 v2, v8<br/>jump block1(v9, v7)<br/></td></tr></table>>];
;|     f2_block3 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block3</td></tr><tr><td align="left" balign="left">call @lang_rt_write_i64(v2)<br/>v10 = global_addr @str:0<br/>v11 = iconst.i64 1<br/>call @lang_rt_write_str(v10, v11)<br/>v12 = iconst.i32 0<br/>return v12<br/></td></tr></table>>];
;|     f2_block0 -> f2_block1 [];
;|     f2_block1 -> f2_block2 [label="1"];
;|     f2_block1 -> f2_block3 [label="0"];
;|     f2_block2 -> f2_block1 [style=bold, color="#208020"];
;|   }
;| }
