package orrery.learn.factor;

/** One number after the other, and the oracle of {@link VectorRows}. The compiler makes vectors of the step only. */
final class ScalarRows implements RowMath {
    @Override
    public float dot(float[] p, float[] q, int n) {
        float a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
        float a2 = 0, b2 = 0, c2 = 0, d2 = 0, e2 = 0, f2 = 0, g2 = 0, h2 = 0;
        int i = 0;
        for (; i + SUMS <= n; i += SUMS) {
            a = Math.fma(p[i], q[i], a);
            b = Math.fma(p[i + 1], q[i + 1], b);
            c = Math.fma(p[i + 2], q[i + 2], c);
            d = Math.fma(p[i + 3], q[i + 3], d);
            e = Math.fma(p[i + 4], q[i + 4], e);
            f = Math.fma(p[i + 5], q[i + 5], f);
            g = Math.fma(p[i + 6], q[i + 6], g);
            h = Math.fma(p[i + 7], q[i + 7], h);
            a2 = Math.fma(p[i + 8], q[i + 8], a2);
            b2 = Math.fma(p[i + 9], q[i + 9], b2);
            c2 = Math.fma(p[i + 10], q[i + 10], c2);
            d2 = Math.fma(p[i + 11], q[i + 11], d2);
            e2 = Math.fma(p[i + 12], q[i + 12], e2);
            f2 = Math.fma(p[i + 13], q[i + 13], f2);
            g2 = Math.fma(p[i + 14], q[i + 14], g2);
            h2 = Math.fma(p[i + 15], q[i + 15], h2);
        }
        a += a2;
        b += b2;
        c += c2;
        d += d2;
        e += e2;
        f += f2;
        g += g2;
        h += h2;
        for (; i < n; i++) {
            a = Math.fma(p[i], q[i], a);
        }
        return ((a + e) + (c + g)) + ((b + f) + (d + h));
    }

    @Override
    public void step(float[] p, float[] q, int n, float by, float keep) {
        for (int c = 0; c < n; c++) {
            float pc = p[c];
            p[c] = keep * pc + by * q[c];
            q[c] = keep * q[c] + by * pc;
        }
    }
}
