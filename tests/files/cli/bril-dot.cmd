;@ lang: dot tests/files/bril/div-in-call.bril half
;= stdout
;| digraph cfg {
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|   subgraph cluster_f1 {
;|     label="fn @half(i64) -> i64 at 0:10:1";
;|     labeljust=l; fontname="monospace"; fontsize=11; color=gray;
;|     f1_block0 [shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td bgcolor="#f4f4e8" align="left">block0(v0: i64)</td></tr><tr><td align="left" balign="left">v1 = iconst.i64 6<br/>v2 = iconst.i64 0<br/>v3 = iconst.i64 1<br/>v4 = iconst.i64 -1<br/>v5 = icmp_eq.i64 v0, v2<br/>trapif v5, div_zero<br/>v6 = icmp_eq.i64 v0, v4<br/>v7 = select.i64 v6, v3, v0<br/>v8 = sdiv.i64 v1, v7<br/>v9 = ineg.i64 v1<br/>v10 = select.i64 v6, v9, v8<br/>return v10<br/></td></tr></table>>];
;|   }
;| }
