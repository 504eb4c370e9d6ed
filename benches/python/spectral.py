import sys, math
n = int(sys.argv[1])
def a(i, j): return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)
def mul_av(v, r):
    for i in range(n):
        s = 0.0
        for j in range(n): s += a(i, j) * v[j]
        r[i] = s
def mul_atv(v, r):
    for i in range(n):
        s = 0.0
        for j in range(n): s += a(j, i) * v[j]
        r[i] = s
u, v, t = [1.0] * n, [0.0] * n, [0.0] * n
for _ in range(10):
    mul_av(u, t); mul_atv(t, v); mul_av(v, t); mul_atv(t, u)
uv = vv = 0.0
for i in range(n): uv += u[i] * v[i]; vv += v[i] * v[i]
print(f"{math.sqrt(uv / vv):.9f}")
