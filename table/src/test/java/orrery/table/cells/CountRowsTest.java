package orrery.table.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows of counts are maps from columns to counts, whatever form they have. */
final class CountRowsTest {
    private static TreeMap<Integer, Integer> row(CountRows rows, int row) {
        var all = new TreeMap<Integer, Integer>();
        rows.forEach(row, (column, count) -> assertThat(all.put(column, count)).isNull());
        return all;
    }

    @ParameterizedTest
    @CsvSource({
        "MIXED, 1",
        "MIXED, 7",
        "MIXED, 300",
        "MIXED, 5000",
        "MIXED, 70000",
        "ALL_HASHED, 3",
        "ALL_HASHED, 300",
        "ALL_HASHED, 70000",
        "ALL_DENSE, 300",
        "ALL_DENSE, 70000"
    })
    void rowsAreMaps(CountRows.Structure structure, int width) {
        for (int seed = 0; seed < 20; seed++) {
            var random = new SplittableRandom(31 * seed + width);
            var rows = new CountRows(5, width, structure);
            var due = new TreeMap<Integer, TreeMap<Integer, Integer>>();
            for (int i = 0; i < 3000; i++) {
                int row = random.nextInt(4); // one stays empty
                int column = (int) (width * Math.pow(random.nextDouble(), row + 1));
                var of = due.computeIfAbsent(row, r -> new TreeMap<>());
                int has = of.getOrDefault(column, 0);
                boolean goesDown = has > 0 && random.nextInt(3) > 0;
                int change = goesDown
                        ? -random.nextInt(1, has + 1)
                        : random.nextInt(40) == 0 ? 70_000 : random.nextInt(1, 4);
                rows.add(row, column, change);
                of.merge(column, change, (a, b) -> a + b == 0 ? null : a + b);
                if (i % 500 == 499) {
                    rows = roundTrip(rows, structure);
                }
                assertThat(rows.count(row, column)).isEqualTo(of.getOrDefault(column, 0));
            }
            for (int row = 0; row < 5; row++) {
                assertThat(row(rows, row)).isEqualTo(due.getOrDefault(row, new TreeMap<>()));
                assertThat(rows.nonZeros(row))
                        .isEqualTo(due.getOrDefault(row, new TreeMap<>()).size());
            }
        }
    }

    /** What comes over the wire is the same to the last place, so that a draw from it is the same, too. */
    private static CountRows roundTrip(CountRows rows, CountRows.Structure structure) {
        var encoded = rows.encode();
        assertThat(encoded.length()).isEqualTo(rows.encodedCells());
        var again = CountRows.decode(
                rows.rows(), rows.width(), structure, java.lang.foreign.MemorySegment.ofArray(encoded.array()));
        assertThat(again.encode().array()).isEqualTo(encoded.array());
        for (int row = 0; row < rows.rows(); row++) {
            assertThat(again.span(row)).isEqualTo(rows.span(row));
            assertThat(again.form(row)).isEqualTo(rows.form(row));
        }
        return again;
    }

    @Test
    void memoryThatRowsLeaveIsUsedAgain() {
        var rows = new CountRows(1000, 60_000);
        var random = new SplittableRandom(1);
        for (int pass = 0; pass < 5; pass++) {
            for (int row = 0; row < 1000; row++) {
                for (int n = 0; n < 50; n++) {
                    rows.add(row, random.nextInt(60_000), 1);
                }
            }
        }
        assertThat(rows.waste()).isLessThan(0.4);
        assertThat(rows.bytes()).isLessThan(1000 * 250 * 4 * 6L);
    }

    @Test
    void countsBelowZeroAreRefused() {
        var rows = new CountRows(2, 10);
        rows.add(1, 3, 2);
        assertThatThrownBy(() -> rows.add(1, 3, -3))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("the count of row 1, column 3 would be -1: counts are 0 or more");
        assertThatThrownBy(() -> rows.add(0, 3, -1)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> rows.add(0, 10, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(rows.count(1, 3)).isEqualTo(2);
        rows.add(1, 3, Integer.MAX_VALUE - 2);
        assertThatThrownBy(() -> rows.add(1, 3, 1))
                .isInstanceOf(ArithmeticException.class)
                .hasMessageContaining("which no int can hold");
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        var rows = new CountRows(3, 100);
        for (int i = 0; i < 20; i++) {
            rows.add(1, 5 * i, i + 1);
        }
        int[] good = rows.encode().array();
        var random = new SplittableRandom(3);
        for (int i = 0; i < 2000; i++) {
            int[] bad = good.clone();
            bad[random.nextInt(bad.length)] = random.nextInt();
            try {
                CountRows.decode(3, 100, new IntCells(bad));
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("of counts");
            }
        }
        assertThatThrownBy(() -> CountRows.decode(2, 100, new IntCells(good)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CountRows.decode(4, 100, new IntCells(good)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
