package orrery.learn.topic;

import java.util.Arrays;

/** One after the other; what {@link VectorProducts} is to yield, to the last bit. */
final class ScalarProducts implements Products {
    @Override
    public int narrow(int[] cells, int at, int n, float[] mass, float[] products, float[] sums, int topic) {
        Arrays.fill(sums, 0);
        int found = -1;
        for (int i = 0; i < n; i++) {
            int cell = cells[at + i];
            int count = cell & 0xffff;
            float product = count * mass[cell >>> 16];
            products[i] = product;
            sums[i % SUMS] += product;
            if (cell >>> 16 == topic && count > 0) {
                found = i;
            }
        }
        return found;
    }

    @Override
    public int wide(int[] cells, int at, int room, int n, float[] mass, float[] products, float[] sums, int topic) {
        Arrays.fill(sums, 0);
        int found = -1;
        for (int i = 0; i < n; i++) {
            int count = cells[at + room + i];
            float product = count * mass[cells[at + i]];
            products[i] = product;
            sums[i % SUMS] += product;
            if (cells[at + i] == topic && count > 0) {
                found = i;
            }
        }
        return found;
    }

    @Override
    public void dense(int[] cells, int at, int n, float[] mass, float[] products, float[] sums) {
        Arrays.fill(sums, 0);
        for (int i = 0; i < n; i++) {
            float product = cells[at + i] * mass[i];
            products[i] = product;
            sums[i % SUMS] += product;
        }
    }
}
