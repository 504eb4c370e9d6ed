import sys
n = int(sys.argv[1])
a = [float(i % 13 - 6) for i in range(n * n)]
b = [float(i % 7 - 3) for i in range(n * n)]
c = [0.0] * (n * n)
for i in range(n):
    for k in range(n):
        for j in range(n):
            c[i * n + j] += a[i * n + k] * b[k * n + j]
s = 0.0
for i in range(n * n): s += c[i] * (i % 5)
print(f"{s:.1f}")
