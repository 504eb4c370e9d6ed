import sys
n = int(sys.argv[1])
perm, perm1, count = [0] * 16, list(range(16)), [0] * 16
maxflips = checksum = permno = 0
r = n
while True:
    while r != 1: count[r - 1] = r; r -= 1
    for i in range(n): perm[i] = perm1[i]
    flips = 0
    k = perm[0]
    while k != 0:
        lo, hi = 0, k
        while lo < hi:
            perm[lo], perm[hi] = perm[hi], perm[lo]
            lo += 1; hi -= 1
        flips += 1
        k = perm[0]
    if flips > maxflips: maxflips = flips
    if permno % 2 == 0: checksum += flips
    else: checksum -= flips
    done = False
    while True:
        if r == n: done = True; break
        first = perm1[0]
        for i in range(r): perm1[i] = perm1[i + 1]
        perm1[r] = first
        count[r] -= 1
        if count[r] > 0: break
        r += 1
    if done: break
    permno += 1
print(checksum, maxflips)
