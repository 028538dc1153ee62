package orrery.hadoop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Data;
import orrery.data.ReadOptions;
import orrery.engine.stage.Run;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LogisticRegression;
import orrery.store.Place;

final class ParquetTest {
    @TempDir
    Path folder;

    private Data data() {
        return new Data(Cache.none(), new Catalogue(folder));
    }

    private Path write(String schema, CompressionCodecName codec, int rowsPerGroup, Group... rows) throws Exception {
        var file = folder.resolve("t" + System.nanoTime() + ".parquet");
        try (ParquetWriter<Group> writer = ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(file.toUri()))
                .withConf(new Configuration(false))
                .withType(MessageTypeParser.parseMessageType(schema))
                .withCompressionCodec(codec)
                .withRowGroupRowCountLimit(rowsPerGroup)
                .build()) {
            for (var row : rows) {
                writer.write(row);
            }
        }
        return file;
    }

    private String csv(Path file) throws Exception {
        try (var in = new Parquet().csv(Place.of(file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void cellsOfAllTypesAreTextsAsPeopleWriteThem() throws Exception {
        var schema = """
                message m {
                  optional boolean yes; optional int32 i; optional int64 l; optional float f; optional double d;
                  optional binary s (STRING); optional int32 day (DATE); optional int64 at (TIMESTAMP(MICROS,true));
                  optional int32 price (DECIMAL(9,2)); optional binary sum (DECIMAL(20,3)); optional int96 old;
                  required binary name (ENUM);
                }""";
        MessageType type = MessageTypeParser.parseMessageType(schema);
        var full = new SimpleGroupFactory(type).newGroup();
        full.append("yes", true)
                .append("i", -7)
                .append("l", 1L << 40)
                .append("f", 0.1f)
                .append("d", 1e-300);
        full.append("s", "a, \"quoted\"\nline").append("day", 11_323).append("at", 1_000_000_000_123_456L);
        full.append("price", 12_345)
                .append(
                        "sum",
                        Binary.fromConstantByteArray(
                                new BigDecimal("-12.345").unscaledValue().toByteArray()));
        var int96 = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        int96.putLong(3_600_000_000_000L).putInt(2_440_589);
        full.append("old", Binary.fromConstantByteArray(int96.array())).append("name", "x");
        var empty = new SimpleGroupFactory(type).newGroup();
        empty.append("name", "y");
        var nan = new SimpleGroupFactory(type).newGroup();
        nan.append("f", Float.NaN).append("d", Double.NaN).append("name", "z");
        assertThat(csv(write(schema, CompressionCodecName.SNAPPY, 10, full, empty, nan)))
                .isEqualTo("yes,i,l,f,d,s,day,at,price,sum,old,name\n"
                        + "true,-7,1099511627776,0.1,1.0E-300,\"a, \"\"quoted\"\"\nline\",2001-01-01,"
                        + "2001-09-09T01:46:40.123456,123.45,-12.345,1970-01-02T01:00,x\n"
                        + ",,,,,,,,,,,y\n,,,,,,,,,,,z\n");
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionCodecName.class,
            names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"})
    void examplesAreThoseOfTheSameCsvFile(CompressionCodecName codec) throws Exception {
        var schema = "message m { required binary label (STRING); required double x; optional binary town (STRING); }";
        var factory = new SimpleGroupFactory(MessageTypeParser.parseMessageType(schema));
        var rows = new Group[5000];
        var text = new StringBuilder("label,x,town\n");
        for (int i = 0; i < rows.length; i++) {
            var label = i % 3 == 0 ? "late" : "in time";
            double x = Math.sin(i);
            rows[i] = factory.newGroup().append("label", label).append("x", x);
            text.append(label).append(',').append(x).append(',');
            if (i % 5 != 0) {
                rows[i].append("town", "town " + i % 17);
                text.append("town ").append(i % 17);
            }
            text.append('\n');
        }
        var parquet = data().read(write(schema, codec, 1200, rows).toString(), ReadOptions.defaults());
        var file = Files.writeString(folder.resolve("t.csv"), text);
        var csv = data().read(file.toString(), ReadOptions.defaults());
        assertThat(parquet.examples().sum()).isEqualTo(csv.examples().sum());
        assertThat(parquet.schema()).isEqualTo(csv.schema());
    }

    /** Case N4: a column of numbers, of which some are NaN, is one of numbers with missing values. */
    @Test
    void notANumberIsAMissingValue() throws Exception {
        var cases = Path.of(System.getProperty("orrery.data", "nowhere")).resolveSibling("cases");
        assumeTrue(Files.isDirectory(cases), "no cases at " + cases);
        for (var name : List.of("nan", "nullable")) {
            var loaded = data().read(cases.resolve("N4/" + name + ".parquet").toString(), ReadOptions.defaults());
            assertThat(loaded.examples().features()).as(name).isEqualTo(2);
            var model = new LogisticRegression(LinearOptions.defaults()).fit(loaded, Run.local(1));
            assertThat(model.score(loaded.examples()).get("accuracy")).as(name).isGreaterThanOrEqualTo(0.8725);
        }
    }

    @Test
    void whatCannotBeReadIsToldWithItsPlace() throws Exception {
        var lists = "message m { required int32 y; repeated int32 many; }";
        var row = new SimpleGroupFactory(MessageTypeParser.parseMessageType(lists))
                .newGroup()
                .append("y", 1)
                .append("many", 2);
        var file = write(lists, CompressionCodecName.UNCOMPRESSED, 10, row);
        assertThatThrownBy(() -> data().read(file.toString(), ReadOptions.defaults()))
                .hasMessage(
                        file + ": column 'many' holds lists or records; give a file with single values in its columns");
        var plain = "message m { required int32 y; required int32 x; }";
        var whole = write(
                plain,
                CompressionCodecName.UNCOMPRESSED,
                10,
                new SimpleGroupFactory(MessageTypeParser.parseMessageType(plain))
                        .newGroup()
                        .append("y", 1)
                        .append("x", 2));
        var bytes = Files.readAllBytes(whole);
        var cut = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(bytes, bytes.length / 2));
        assertThatThrownBy(() -> data().read(cut.toString(), ReadOptions.defaults()))
                .hasMessageStartingWith(cut + ": cannot be read as Parquet: ");
    }
}
