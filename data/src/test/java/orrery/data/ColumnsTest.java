package orrery.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.ReadOptions.Role;

final class ColumnsTest {
    @TempDir
    Path folder;

    private static final Schema SCHEMA = Columns.schema(
            List.of(
                    Schema.Column.of("late", Role.LABEL),
                    Schema.Column.standardised("x", 3.25, 1.7),
                    Schema.Column.of("town", Role.CATEGORICAL),
                    Schema.Column.of("noise", Role.IGNORE),
                    Schema.Column.standardised("n", 1e6, 250),
                    Schema.Column.of("day", Role.CATEGORICAL)),
            10,
            List.of("no", "yes"));

    /** A row of values is the example that the same row of a CSV file is. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void rowsAreWhatCsvMakesOfThem(long seed) throws IOException {
        var random = new SplittableRandom(seed);
        var lines = new ArrayList<String>(List.of("late,x,town,noise,n,day"));
        var columns = new Columns(SCHEMA, true);
        for (int i = 0; i < 300; i++) {
            @Nullable
            Object[] row = {
                random.nextBoolean() ? "yes" : "no",
                random.nextInt(9) == 0 ? null : random.nextGaussian() * 100,
                random.nextInt(9) == 0 ? null : "Köln " + random.nextInt(50),
                "x",
                (long) random.nextInt(2_000_000),
                random.nextInt(366)
            };
            columns.add(row);
            var line = new StringBuilder();
            for (var value : row) {
                line.append(line.isEmpty() ? "" : ",").append(value == null ? "" : value);
            }
            lines.add(line.toString());
        }
        var file = Files.write(folder.resolve("rows.csv"), lines);
        var due = Data.parse(file, ReadOptions.defaults(), SCHEMA, true).examples();
        var is = columns.pack();
        assertThat(is.size()).isEqualTo(due.size());
        var a = is.cursor();
        var b = due.cursor();
        for (long i = 0; i < due.size(); i++) {
            a.move(i);
            b.move(i);
            assertThat(a.label()).isEqualTo(b.label());
            assertThat(features(a)).isEqualTo(features(b));
        }
    }

    private static List<String> features(Examples.Cursor cursor) {
        var features = new ArrayList<String>();
        for (int k = cursor.from(); k < cursor.to(); k++) {
            features.add(cursor.indices()[k] + ":" + cursor.values()[k]);
        }
        return features.stream().sorted().toList();
    }

    @Test
    void valuesThatDoNotSuitAreToldWithTheirColumn() {
        var columns = new Columns(SCHEMA, true);
        assertThatThrownBy(() -> columns.add(new Object[] {"yes", "far", "a", "", 1, 1}))
                .hasMessage("column 'x' is numeric, it has 'far'; make it categorical");
        assertThatThrownBy(() -> columns.add(new Object[] {"perhaps", 1, "a", "", 1, 1}))
                .hasMessage("the label 'late' is perhaps, which is none of the classes [no, yes]");
        assertThatThrownBy(() -> columns.add(new Object[] {null, 1, "a", "", 1, 1}))
                .hasMessage("the label 'late' is missing");
        assertThatThrownBy(() -> columns.add(new Object[] {"no", Double.POSITIVE_INFINITY, "a", "", 1, 1}))
                .hasMessage("column 'x' has Infinity, which is outside the range of a float");
    }

    /** A number is a category by its value: the same whatever type a column has at training and at prediction. */
    @ParameterizedTest
    @ValueSource(strings = {"7", "10000000", "-3", "0", "2.5", "1234567890123"})
    void categoriesAreKnownByTheirValue(String text) {
        var exact = new java.math.BigDecimal(text);
        var due = features(text);
        assertThat(features(exact.setScale(4))).isEqualTo(due);
        assertThat(features(exact.doubleValue())).isEqualTo(due);
        if (exact.scale() <= 0) {
            assertThat(features(exact.longValue())).isEqualTo(due);
            assertThat(features(" " + text + ".00 ")).isEqualTo(due);
        }
        assertThat(features("1" + text)).isNotEqualTo(due);
    }

    private static List<String> features(Object town) {
        var columns = new Columns(SCHEMA, true);
        columns.add(new Object[] {"no", 1, town, "", 1, 1});
        var cursor = columns.pack().cursor();
        cursor.move(0);
        return features(cursor);
    }

    @Test
    void classesAreNamedByTheirValue() {
        assertThat(List.of(1, 1L, 1.0, 1f, new java.math.BigDecimal("1.00")))
                .allSatisfy(one -> assertThat(Columns.className(one)).isEqualTo("1"));
        assertThat(Columns.className(-0.0)).isEqualTo("0");
        assertThat(Columns.className(1e20)).isEqualTo("100000000000000000000");
        assertThat(Columns.className("007")).isEqualTo("007");
        assertThat(Columns.className(new java.math.BigDecimal("0.50"))).isEqualTo("0.5");
    }
}
