#include <stdint.h>

enum color { RED, GREEN = 5, BLUE };
struct pixel { enum color color; int8_t level; };

enum color next(enum color c) { return c == RED ? GREEN : c == GREEN ? BLUE : RED; }
struct pixel dim(struct pixel p) { return (struct pixel){next(p.color), p.level - 1}; }
int8_t low(int8_t level) { return -level; }
