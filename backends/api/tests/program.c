// Plays the part of compiled code: what a program's object defines, calls and promises (frame pointers). The
// arguments choose what it does.
#include <stdint.h>
#include <stddef.h>

typedef struct { const void *start; int64_t len; } Str;
typedef struct { Str template, file; uint32_t line, column; const Str *frames; int64_t frames_len; } TrapDesc;
typedef struct { const void *start; Str name, file; uint32_t line, column; } FnEntry;

void lang_rt_sink_push(int32_t kind);
void lang_rt_sink_pop(Str *out);
void lang_rt_write_str(const void *p, int64_t n);
void lang_rt_write_i64(int64_t v);
void lang_rt_write_f64(double v);
void lang_rt_write_i128(uint64_t low, uint64_t high);
void lang_rt_fmt_int(uint64_t low, uint64_t high, int32_t bits, int32_t is_signed, const void *p, int64_t n);
void lang_rt_fmt_float(double v, int32_t bits, const void *p, int64_t n);
void *lang_rt_alloc(int64_t size, int64_t align, uint8_t zeroed);
void lang_rt_args(Str *out);
uint8_t lang_rt_read_line(Str *out);
_Noreturn void lang_rt_exit(int32_t code);
_Noreturn void lang_rt_trap(const TrapDesc *desc, int64_t a, int64_t b, int64_t c, int64_t d);

#define S(text) { text, sizeof(text) - 1 }
#define W(text) lang_rt_write_str(text, sizeof(text) - 1)
#define FN __attribute__((noinline, noclone))

static volatile int64_t zero;
static const Str inlined[] = { S("checked"), S("get") };
static const TrapDesc bounds = { S("index {i} out of bounds for length {i}"), S("dir/p.lang"), 12, 9, inlined, 2 };
static const TrapDesc panics = { S("{s} ({Q})"), S("dir/p.lang"), 30, 5, NULL, 0 };

FN void get(int64_t i) { lang_rt_trap(&bounds, i, 3, 0, 0); }
FN void middle(int64_t i) { get(i); zero = 1; }
FN void panicking(void) { lang_rt_trap(&panics, (int64_t)"oh no", 5, -1, 0); }
FN int64_t endless(int64_t n) { volatile char room[200]; room[0] = n; return endless(n + 1) + room[0]; }
// Overflows inside the run-time library most of the time: it needs more stack than this function.
FN int64_t printing(int64_t n) { lang_rt_sink_push(2); lang_rt_fmt_float(1.5, 64, ".300f", 5); lang_rt_sink_pop(NULL); return printing(n + 1) + 1; }
FN int64_t counted(int64_t n) { if (n == 0) get(n); return counted(n - 1) + 1; }
// GCC leaves the frames of leaves out.
FN void leaf(void) { zero = 0; }
FN void wild(void) { leaf(); *(volatile char *)0x123456789000 = 1; }
FN void nil(void) { leaf(); *(volatile char *)8 = 1; }
FN void divides(void) { int64_t seven = (leaf(), zero + 7); zero = seven / zero; }
FN void bad_text(void) { lang_rt_write_str((void *)0x123456789000, 10); zero = 1; }
FN void hungry(void) { if (!lang_rt_alloc(INT64_MAX, 8, 1) && !lang_rt_alloc(-1, 8, 1)) W("hungry"); }

FN int32_t lang_main(void) {
    Str all[1], text;
    lang_rt_args(all);
    const Str *arg = all[0].start;
    W("out ");
    switch (all[0].len ? *(const char *)arg[0].start : 'p') {
    case 'p':
        lang_rt_write_i64(-42); W(" "); lang_rt_write_f64(0.1); W(" ");
        lang_rt_write_i128(0, 1); W(" ");
        lang_rt_fmt_int(-1, -1, 16, 1, "#06x", 4); W(" ");
        lang_rt_sink_push(2); W("in memory"); lang_rt_sink_pop(&text);
        lang_rt_write_str(text.start, text.len); W("\n");
        lang_rt_sink_push(1); W("error text\n"); lang_rt_sink_pop(NULL);
        return 300;
    case 'b': middle(7); break;
    case 'q': panicking(); break;
    case 'o': zero = endless(1); break;
    case 'r': zero = printing(1); break;
    case 'c': zero = counted(150); break;
    case 'w': wild(); break;
    case 'n': nil(); break;
    case 'd': divides(); break;
    case 't': bad_text(); break;
    case 'h': hungry(); break;
    case 'x': lang_rt_exit(-1);
    case 'a':
        for (int64_t i = 0; i < all[0].len; i++) { W("["); lang_rt_write_str(arg[i].start, arg[i].len); W("]"); }
        break;
    case 'l':
        while (lang_rt_read_line(&text)) { W("["); lang_rt_write_str(text.start, text.len); W("]"); }
        break;
    }
    return 0;
}

#define ENTRY(f, shown, line) { f, S(shown), S("dir/p.lang"), line, 4 }
const FnEntry lang_fn_table[] = {
    ENTRY(lang_main, "main", 50), ENTRY(get, "get", 10), ENTRY(middle, "middle", 20), ENTRY(panicking, "panicking", 29),
    ENTRY(endless, "endless", 33), ENTRY(printing, "printing", 35), ENTRY(counted, "counted", 36),
    ENTRY(wild, "wild", 37), ENTRY(nil, "nil", 38), ENTRY(divides, "divides", 39), ENTRY(bad_text, "bad_text", 40),
    ENTRY(hungry, "hungry", 41),
};
const int64_t lang_fn_count = sizeof lang_fn_table / sizeof *lang_fn_table;
