/* What examples/hull.lang calls. */

typedef struct { double x, y; } Point;

double cross(Point o, Point a, Point b) {
    return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/* Heap sort. */
void sort_points(Point *p, long n, int (*before)(Point, Point)) {
    for (long start = n / 2, end = n; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            Point last = p[end];
            p[end] = p[0];
            p[0] = last;
        }
        for (long at = start, child; (child = 2 * at + 1) < end; at = child) {
            if (child + 1 < end && before(p[child], p[child + 1])) child++;
            if (!before(p[at], p[child])) break;
            Point moved = p[at];
            p[at] = p[child];
            p[child] = moved;
        }
    }
}
