#!/usr/bin/env python3
"""gen.py c|rust|go|zig|lang LINES > file: the same random program in each language, of about LINES lines, one statement a line.
Functions take and return 64-bit ints kept small by masks, so no dialect overflows; main calls everything and prints one number."""
import sys, random
lang, want = sys.argv[1], int(sys.argv[2])
R = random.Random(12345)
out = []
w = out.append
C, RU, GO, ZG, LA = (lang == x for x in ("c", "rust", "go", "zig", "lang"))
I = "i64" if (RU or ZG or LA) else ("int64" if GO else "i64")
def fn(name, params=("x", "y")):
    if C: w(f"i64 {name}({', '.join('i64 ' + p for p in params)}) {{")
    elif RU or LA: w(f"fn {name}({', '.join(p + ': i64' for p in params)}) -> i64 {{")
    elif GO: w(f"func {name}({', '.join(params)} int64) int64 {{")
    else: w(f"fn {name}({', '.join(p + ': i64' for p in params)}) i64 {{")
def let(n, e, ind=1, mut=True, ty="i"):
    p = "    " * ind
    t = {"i": I, "f": "double" if C else "f64"}[ty]
    if C: w(f"{p}{t} {n} = {e};")
    elif RU: w(f"{p}let {'mut ' if mut else ''}{n}: {t} = {e};")
    elif GO: w(f"{p}{n} := {'float64' if ty == 'f' else 'int64'}({e})")
    elif LA: w(f"{p}{'var' if mut else 'let'} {n}: {t} = {e};")
    else: w(f"{p}{'var' if mut else 'const'} {n}: {t} = {e};")
def st(s, ind=1): w("    " * ind + s + ("" if GO else ";"))
def loop(v, lo, hi, ind=1):
    p = "    " * ind
    if C: w(f"{p}for (i64 {v} = {lo}; {v} < {hi}; {v}++) {{")
    elif RU: w(f"{p}for {v} in {lo}..{hi}{'usize' if isinstance(hi, int) else ''} {{")
    elif GO: w(f"{p}for {v} := {lo}; {v} < {hi}; {v}++ {{")
    elif LA: w(f"{p}for {v} in {lo}..{hi} {{")
    else: w(f"{p}for ({lo}..{hi}) |{v}| {{")
def bound(n, lo, mask):
    e = f"(x & {mask}) + {lo}"
    w("    " + (f"i64 {n} = {e};" if C else f"let {n} = ({e}) as usize;" if RU else f"{n} := int({e})" if GO else f"let {n}: i64 = {e};" if LA else f"const {n}: usize = @intCast({e});"))
def iv(v): return v if (C or LA) else (f"{v} as i64" if RU else (f"int64({v})" if GO else f"@as(i64, @intCast({v}))"))
def pv(v): return v if (C or LA) else f"({iv(v)})" if RU else iv(v)
def iff(c, ind=1): w("    " * ind + (f"if ({c}) {{" if (C or ZG) else f"if {c} {{"))
def els(ind=1): w("    " * ind + "} else {")
def elif_(c, ind=1): w("    " * ind + (f"}} else if ({c}) {{" if (C or ZG) else f"}} else if {c} {{"))
def whil(c, ind=1): w("    " * ind + (f"while ({c}) {{" if (C or ZG) else (f"while {c} {{" if (RU or LA) else f"for {c} {{")))
def end(ind=1): w("    " * ind + "}")
def ret(e): st(f"return {e}")
def arr(n, k, fl=False):
    if C: w(f"    {'double' if fl else 'i64'} {n}[{k}];")
    elif RU: w(f"    let mut {n} = [0{'.0f64' if fl else 'i64'}; {k}];")
    elif GO: w(f"    var {n} [{k}]{'float64' if fl else 'int64'}")
    elif LA: w(f"    var {n}: [{k}]{'f64' if fl else 'i64'};")
    else: w(f"    var {n}: [{k}]{'f64' if fl else 'i64'} = undefined;")
k = lambda a=1, b=97: R.randint(a, b)
def t_loop(n):
    fn(n); let("s", "x"); let("t", "y")
    B = k(4, 12)
    if R.random() < 0.7: bound("n", B, 7); B = "n"
    loop("i", 0, B)
    iff(f"(s & {R.choice([1, 3, 7])}) == 1", 2); st(f"s = (s * {k()} + {pv('i')}) & 65535", 3)
    els(2); st(f"s = (s ^ (t + {k()})) & 65535", 3); st(f"t = (t + s * {k()}) & 4095", 3); end(2); end()
    st(f"t = t + (s >> {k(1, 5)})"); iff(f"t > {k(100, 2000)}"); st(f"t = t - {k()}", 2); end()
    ret("(s + t) & 65535"); end(0)
def t_arr(n):
    N = k(12, 24); fn(n); arr("a", N)
    if R.random() < 0.7: bound("n", 4, 7); N = "n"
    loop("i", 0, N); st(f"a[i] = (x * {pv('i')} + {k()}) & 4095", 2); end()
    loop("i", 1, N); st(f"a[i] = (a[i] + a[i - 1] * {k(2, 9)} + y) & 65535", 2); end()
    let("m", "a[0]"); let("c", "0")
    loop("i", 0, N); iff("a[i] > m", 2); st("m = a[i]", 3); els(2); st("c = c + 1", 3); end(2); end()
    ret(f"(m * {k(2, 9)} + c) & 65535"); end(0)
def t_struct(n):
    fn(n); j = k(0, 9)
    if C: w(f"    struct S{j} p = {{ x, y, {k()}, 1.5 }};")
    elif RU or LA: w(f"    {'let mut' if RU else 'var'} p = S{j} {{ a: x, b: y, c: {k()}, d: 1.5 }};")
    elif GO: w(f"    p := S{j}{{x, y, {k()}, 1.5}}")
    else: w(f"    var p = S{j}{{ .a = x, .b = y, .c = {k()}, .d = 1.5 }};")
    st(f"p.a = (p.a + p.b * {k()}) & 1023"); whil(f"p.a > {k(10, 60)}"); st(f"p.a = p.a - {k(5, 40)}", 2); st(f"p.b = (p.b + p.a) & 2047", 2)
    iff(f"p.b > {k(200, 1800)}", 2); st("p.c = p.c + 1", 3); st(f"p.d = p.d * 0.{k()} + 1.0", 3); end(2); end()
    call = f"h{j}(&p, {k()})" if not RU else f"h{j}(&mut p, {k()})"
    let("r", call, mut=False); iff(f"p.d > {k(1, 3)}.0"); ret("(r + p.a + p.c) & 65535"); end()
    ret("(r + p.b) & 65535"); end(0)
def t_fp(n):
    N = k(12, 16); fn(n); arr("v", N, True)
    if R.random() < 0.7: bound("n", 3, 7); N = "n"
    cv = (lambda e: f"(double){e}") if C else (lambda e: f"{e} as f64") if (RU or LA) else (lambda e: f"float64({e})") if GO else (lambda e: f"@as(f64, @floatFromInt({e}))")
    let("g", cv("x") + " * 0.001", ty="f", mut=False)
    loop("i", 0, N); st(f"v[i] = {cv(iv('i') if not RU else 'i')} * {k()}.25 + g", 2); end()
    let("s", "0.0", ty="f")
    loop("i", 0, N); st(f"s = s + v[i] * v[i] - g * {k()}.5", 2); end()
    iff(f"s > {k(100, 9000)}.0"); st("s = s / 3.0", 2); end(); iff("s < 0.0"); st("s = 0.0 - s", 2); end()
    iff("s > 60000.0"); ret("(x + y) & 65535"); end()
    ci = "(i64)s" if C else "s as i64" if (RU or LA) else "int64(s)" if GO else "@as(i64, @trunc(s))" if 0 else "@as(i64, @intFromFloat(s))"
    ret(f"({ci} + y) & 65535"); end(0)
def t_call(n):
    if len(leaf) < 4: return t_loop(n)
    a, b, c = (R.choice(leaf[-60:]) for _ in range(3))
    fn(n); let("a", f"{a}(x, {k()})"); let("b", f"{b}(a, y)", mut=False)
    iff("a > b"); st(f"a = a + {c}(b & 255, {k()}) * {k(2, 9)}", 2); elif_(f"a == b + {k()}"); st(f"a = a - {k()}", 2); els(); st(f"a = (a ^ b) & {k(1000, 9000)}", 2); end()
    let("q", f"(a * {k()} + b) & 8191"); st(f"q = q + (q >> {k(2, 7)})"); ret("(a + q) & 65535"); end(0)
def t_nest(n):
    N, M = k(3, 6), k(3, 6); fn(n); arr("m", (N + 4) * M); let("s", "0")
    if R.random() < 0.7: bound("n", N, 3); N = "n"
    loop("i", 0, N); loop("j", 0, M, 2)
    st(f"m[i * {M} + j] = (x * {pv('i')} + y * {pv('j')} + {k()}) & 1023", 3); end(2); end()
    loop("i", 0, N); loop("j", 0, M, 2); iff(f"m[i * {M} + j] > {k(100, 900)}", 3); st(f"s = s + m[i * {M} + j] * {k(2, 9)}", 4); els(3); st(f"s = s - {k()}", 4); end(3); end(2); end()
    ret("s & 65535"); end(0)
def t_chain(n):
    fn(n); let("r", f"x & {k(7, 63)}")
    iff(f"r < {k(2, 5)}"); st(f"r = r * {k()} + y", 2)
    for q in range(k(2, 5)): elif_(f"r < {k(6 + 6 * q, 11 + 6 * q)}"); st(f"r = (r + y * {k()}) & 32767", 2)
    els(); st(f"r = (r - y) & {k(1000, 30000)}", 2); end(); let("z", f"(r * r + {k()}) & 65535", mut=False); ret("(r + z) & 65535"); end(0)
leaf = []; names = []; groups = []
if C: w("int printf(const char *, ...);"); w("typedef long long i64;")
elif RU: w("#![allow(warnings)]")
elif GO: w("package main"); w("import \"fmt\"")
elif ZG: w("extern fn printf([*:0]const u8, ...) c_int;")
for j in range(10):
    if C: w(f"struct S{j} {{ i64 a; i64 b; i64 c; double d; }};")
    elif RU or LA: w(f"struct S{j} {{ a: i64, b: i64, c: i64, d: f64 }}")
    elif GO: w(f"type S{j} struct {{ a, b, c int64; d float64 }}")
    else: w(f"const S{j} = struct {{ a: i64, b: i64, c: i64, d: f64 }};")
    sig = {"c": f"i64 h{j}(struct S{j} *p, i64 k) {{", "rust": f"fn h{j}(p: &mut S{j}, k: i64) -> i64 {{", "go": f"func h{j}(p *S{j}, k int64) int64 {{", "zig": f"fn h{j}(p: *S{j}, k: i64) i64 {{", "lang": f"fn h{j}(p: *S{j}, k: i64) -> i64 {{"}[lang]
    ar = "->" if C else "."
    w(sig); st(f"p{ar}c = (p{ar}c + k * {k()}) & 4095"); iff(f"p{ar}a > k"); st(f"p{ar}b = (p{ar}b + p{ar}a) & 4095", 2); end(); ret(f"(p{ar}b + p{ar}c) & 65535"); end(0)
ts = [t_loop] * 2 + [t_arr] + [t_struct] * 3 + [t_fp] + [t_call] * 5 + [t_nest] + [t_chain] * 4
n = 0
NF = int(want / 15.7)   # the same number of functions in every language
while n < NF:
    f = f"fx{n}"; n += 1; t = R.choice(ts); t(f); names.append(f)
    if t is not t_call: leaf.append(f)
# a table of function pointers keeps the optimisers from inlining the whole program into main
N = len(names)
if C: w(f"static i64 (*const T[{N}])(i64, i64) = {{")
elif RU: w(f"static T: [fn(i64, i64) -> i64; {N}] = [")
elif GO: w(f"var T = [{N}]func(x, y int64) int64{{")
elif LA: w(f"let T: [{N}]fn(i64, i64) -> i64 = [")
else: w(f"const T = [{N}]*const fn (i64, i64) i64{{")
for f in names: w(f"    {'&' if ZG else ''}{f},")
w("];" if (RU or LA) else "}" if GO else "};")
if C: w("int main(void) {"); let("s", "7")
elif RU or LA: w("fn main() {"); let("s", "7")
elif GO: w("func main() {"); let("s", "7")
else: w("pub export fn main(c: c_int, v: [*][*:0]u8) c_int {"); w("    _ = v;"); w("    var s: i64 = 6 + @as(i64, c);")
loop("i", 0, N); st(f"s = (s + T[i](s, 3)) & 65535", 2); end()
if C: w('    printf("%lld\\n", s);'); w("    return 0;")
elif RU: w('    println!("{}", s);')
elif GO: w('    fmt.Println(s)')
elif LA: w('    print(s);')
else: w('    _ = printf("%lld\\n", s);'); w("    return 0;")
end(0)
sys.stdout.write("\n".join(out) + "\n")
