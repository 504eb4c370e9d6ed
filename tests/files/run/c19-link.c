#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct point { double x, y; };
struct mixed { int32_t a; float b; double c; };
struct triple { int64_t a, b, c; };
struct small { int8_t a; int16_t b; };
struct floats { float x, y, z; };
struct nested { struct small s; uint8_t bytes[5]; };
struct wide { __int128 value; };

struct point swap(struct point p) { return (struct point){p.y, p.x}; }
struct mixed bump(struct mixed m, int8_t by) { return (struct mixed){m.a + by, m.b + 1, m.c * 2}; }
struct triple reverse(struct triple t, int32_t k) { return (struct triple){t.c * k, t.b * k, t.a * k}; }
struct floats scale(struct floats f, float by) { return (struct floats){f.x * by, f.y * by, f.z * by}; }

int32_t weigh(struct nested n) {
    int32_t sum = n.s.a + n.s.b;
    for (int i = 0; i < 5; i++) sum += n.bytes[i];
    return sum;
}

// More than there are registers: some of it stands on the stack, the structs as a whole.
int64_t many(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, struct triple t, struct point p, struct small s,
             struct mixed m, bool yes, int16_t narrow, uint8_t byte) {
    return a + 2 * b + 3 * c + 4 * d + 5 * e + t.a + t.b + t.c + (int64_t)p.x + (int64_t)p.y + s.a + s.b + m.a + (int64_t)m.c +
           (yes ? 1000 : 0) + narrow + byte;
}

__int128 multiply(__int128 a, __int128 b) { return a * b; }
struct wide halve(struct wide w) { return (struct wide){w.value / 2}; }

int8_t negate8(int8_t x) { return -x; }
int16_t negate16(int16_t x) { return -x; }
uint8_t twice8(uint8_t x) { return 2 * x; }
uint16_t twice16(uint16_t x) { return 2 * x; }
bool is_odd(int32_t x) { return x & 1; }
bool flip(bool b) { return !b; }
uint32_t next_char(uint32_t c) { return c + 1; }
float half(float x) { return x / 2; }
int64_t widest(int8_t a, int16_t b) { return a * 1000000LL + b; }

int32_t apply(int32_t (*f)(int32_t), int32_t x) { return f(x); }
struct point map(struct point (*f)(struct point, int8_t), struct point p) { return f(p, -3); }
struct triple make(struct triple (*f)(int64_t, bool), int64_t x) { return f(x, true); }
int8_t fold8(int8_t (*f)(int8_t, int8_t), int8_t a, int8_t b) { return f(a, b); }

// Memory of this library, and pointers into that of the program.
static int32_t numbers[4] = {10, 20, 30, 40};
int32_t *table(void) { return numbers; }
const char *greeting(void) { return "hello from C"; }
struct list { int32_t value; struct list *next; };
int32_t sum_list(struct list *list) {
    int32_t sum = 0;
    for (; list; list = list->next) sum += list->value;
    return sum;
}
void fill(int32_t *to, int64_t n, int32_t (*f)(void *, int64_t), void *data) {
    for (int64_t i = 0; i < n; i++) to[i] = f(data, i);
}
void split(const char *text, char **end) { *end = strchr(text, ' '); }

// Something that only this library knows.
struct counter { int64_t value; };
struct counter *counter_new(void) { return calloc(1, sizeof(struct counter)); }
int64_t counter_add(struct counter *c, int64_t by) { return c->value += by; }
void counter_free(struct counter *c) { free(c); }

int32_t c_name(int32_t x) { return x + 100; }
