package orrery.table.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PackedIntsTest {
    @Test
    void whatIsPackedIsUnpacked() {
        var packed = new PackedInts();
        for (int seed = 0; seed < 500; seed++) {
            var random = new SplittableRandom(seed);
            int count = random.nextInt(1, 2000);
            int from = random.nextInt(3);
            int oneOf = 1 << random.nextInt(9);
            int bits = random.nextInt(1, 33);
            var values = new int[from + count + 2];
            for (int i = from; i < from + count; i++) {
                values[i] = random.nextInt(oneOf) == 0 ? random.nextInt() >> (32 - bits) : 0;
            }
            int bytes = packed.pack(values, from, count, Integer.MAX_VALUE);
            var taken = new int[values.length];
            PackedInts.unpack(Arrays.copyOf(packed.bytes(), bytes), taken, from, count);
            assertThat(taken).isEqualTo(values);
            assertThat(packed.pack(values, from, count, bytes + 1)).isEqualTo(bytes);
            assertThat(bytes == 0 || packed.pack(values, from, count, bytes) == -1)
                    .isTrue();
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        var packed = new PackedInts();
        int bytes = packed.pack(new int[] {0, 0, Integer.MIN_VALUE, Integer.MAX_VALUE}, 0, 4, 99);
        var all = Arrays.copyOf(packed.bytes(), bytes);
        assertThatThrownBy(() -> PackedInts.unpack(all, new int[9], 0, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        for (int length : new int[] {1, 3, bytes - 1}) {
            assertThatThrownBy(() -> PackedInts.unpack(Arrays.copyOf(all, length), new int[9], 0, 4))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        for (int seed = 0; seed < 1000; seed++) { // nothing but that error, whatever comes
            var random = new SplittableRandom(seed);
            var bytesOfAnybody = new byte[random.nextInt(40)];
            random.nextBytes(bytesOfAnybody);
            try {
                PackedInts.unpack(bytesOfAnybody, new int[100], 0, 100);
            } catch (IndexOutOfBoundsException e) {
                assertThat(e).isNotNull();
            }
        }
    }
}
