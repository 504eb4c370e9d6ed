;@ lang: build tests/files/cli/input/scale.ir -O --emit ir -o /dev/stdout --disable-rule imul-pow2
;= stdout
;| export fn @scale(i64) -> i64 {
;| block0(v0: i64):
;|   v1 = iconst.i64 8
;|   v2 = imul.i64 v0, v1
;|   return v2
;| }
;| export fn @lang_main() -> i32 {
;| block0:
;|   v0 = iconst.i32 40
;|   return v0
;| }
