#include <stdlib.h>
#include <string.h>

/* Takes over a block of the program, and gives one of its own, which may have the same address. */
char *exchange(char *old, long size) {
    free(old);
    char *new = malloc(size);
    memset(new, 'x', size);
    return new;
}

static char *kept;
void keep(char *block) { kept = block; }
void grow(long size) { kept = realloc(kept, size); kept[size - 1] = 'k'; }
char *give(void) { return kept; }
