import sys
n, reps = int(sys.argv[1]), int(sys.argv[2])
f = bytearray(n + 1)
total = 0
for r in range(reps):
    for i in range(n + 1): f[i] = 1
    f[0] = f[1] = 0
    i = 2
    while i * i <= n:
        if f[i]:
            for j in range(i * i, n + 1, i): f[j] = 0
        i += 1
    for x in f: total += x
print(total)
