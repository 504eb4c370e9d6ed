import sys
def qs(a, lo, hi):
    while hi - lo > 16:
        p = a[lo + (hi - lo) // 2]
        i, j = lo, hi
        while i <= j:
            while a[i] < p: i += 1
            while p < a[j]: j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1; j -= 1
        if j - lo < hi - i: qs(a, lo, j); lo = i
        else: qs(a, i, hi); hi = j
    for i in range(lo + 1, hi + 1):
        v = a[i]; j = i - 1
        while j >= lo and a[j] > v: a[j + 1] = a[j]; j -= 1
        a[j + 1] = v
n = int(sys.argv[1])
a, x = [0] * n, 1
for i in range(n):
    x = (x * 1664525 + 1013904223) & 0xffffffff
    a[i] = (x - (1 << 32) if x >> 31 else x) >> 4
qs(a, 0, n - 1)
h = 0
for i in range(0, n, 101): h = (h * 31 + a[i]) & 0xffffffff
print(h)
