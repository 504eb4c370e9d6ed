import sys
n, maxit = int(sys.argv[1]), 50
inside = total = 0
for py in range(n):
    ci = 2.0 * py / n - 1.0
    for px in range(n):
        cr = 2.0 * px / n - 1.5
        zr = zi = tr = ti = 0.0
        it = 0
        while it < maxit and tr + ti <= 4.0:
            zi = 2.0 * zr * zi + ci
            zr = tr - ti + cr
            tr = zr * zr
            ti = zi * zi
            it += 1
        total += it
        if it == maxit: inside += 1
print(inside, total // 1000)
