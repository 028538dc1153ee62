package orrery.table.cells;

/** Adds products of pairs of vectors to rows. All implementations give the same bits. */
sealed interface PairProducts permits PairProducts.OneByOne, VectorPairProducts {
    /**
     * Adds, for k ascending, {@code of[k * stride + from + r] * of[v + k * width + c]} to {@code into[at + r * width + c]}.
     *
     * @param count how many pairs
     */
    void add(float[] of, int from, int stride, int rows, int v, int width, int count, float[] into, int at);

    /** By vectors, if the JVM was started with {@code --add-modules jdk.incubator.vector} on a machine that has fast ones. */
    PairProducts BEST =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorPairProducts.areFast()
                    ? new VectorPairProducts()
                    : new OneByOne();

    /** Number by number. */
    record OneByOne() implements PairProducts {
        @Override
        public void add(float[] of, int from, int stride, int rows, int v, int width, int count, float[] into, int at) {
            for (int r = 0; r < rows; r++) {
                for (int k = 0; k < count; k++) {
                    row(of[k * stride + from + r], of, v + k * width, width, into, at + r * width);
                }
            }
        }

        private static void row(float by, float[] v, int first, int width, float[] into, int at) {
            for (int c = 0; c < width; c++) {
                into[at + c] = Math.fma(by, v[first + c], into[at + c]);
            }
        }
    }
}
