import sys
n = int(sys.argv[1])
best = bi = 0
for i in range(1, n):
    x, c = i, 0
    while x != 1:
        if x % 2 == 0: x = x // 2
        else: x = 3 * x + 1
        c += 1
    if c > best: best, bi = c, i
print(bi, best)
