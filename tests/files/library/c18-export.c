#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct point { double x, y; };
struct small { int8_t a; bool b; int16_t c; };
struct triple { int64_t a, b, c; };

int32_t lang_add(int32_t, int32_t);
int8_t lang_negate(int8_t);
bool lang_is_even(uint16_t);
struct point lang_swap(struct point);
struct small lang_small(struct small);
struct triple lang_rotate(struct triple, int32_t);
int64_t lang_apply(int64_t (*)(int64_t), int64_t);
int64_t lang_calls(void);
int64_t lang_at(const int64_t *, int64_t, int64_t);

static int64_t square(int64_t x) { return x * x; }

int main(void) {
    printf("begin\n");
    printf("%d\n", lang_add(2, 40));
    printf("%d %d\n", lang_negate(-128), lang_negate(7));
    printf("%d %d\n", lang_is_even(40000), lang_is_even(65535));
    struct point p = lang_swap((struct point){1.5, 2.5});
    printf("%g %g\n", p.x, p.y);
    struct small s = lang_small((struct small){-1, true, -300});
    printf("%d %d %d\n", s.a, s.b, s.c);
    struct triple t = lang_rotate((struct triple){1, 2, 3}, 1);
    printf("%ld %ld %ld\n", (long)t.a, (long)t.b, (long)t.c);
    printf("%ld %ld\n", (long)lang_apply(square, 3), (long)lang_calls());
    int64_t xs[3] = {7, 8, 9};
    printf("%ld\n", (long)lang_at(xs, 3, 2));
    printf("%ld\n", (long)lang_at(xs, 3, 3));
    return 0;
}
