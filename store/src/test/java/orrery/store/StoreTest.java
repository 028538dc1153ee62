package orrery.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.store.Safetensors.Tensor;

final class StoreTest {
    @TempDir
    Path folder;

    /** The contract, on a folder of this machine. */
    @Nested
    final class OnThisMachine extends StorageContract {
        @Override
        protected Storage open(String name) {
            return Storage.local(folder.resolve(name));
        }

        @Override
        protected int filesIn(String name) {
            return folder.resolve(name).toFile().list().length;
        }
    }

    @RepeatedTest(10)
    void tensorsComeBackToTheLastBit(RepetitionInfo seed) throws IOException {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        var floats = new float[random.nextInt(200_000)];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = Float.intBitsToFloat(random.nextInt());
        }
        var ints = random.ints(random.nextInt(100_000)).toArray();
        var longs = random.longs(random.nextInt(50_000)).toArray();
        var bytes = new byte[random.nextInt(300_000)];
        random.nextBytes(bytes);
        var storage = Storage.local(folder);
        storage.write(
                "t",
                out -> Safetensors.write(
                        out,
                        Map.of("who", "\"quoted\" \u00e9"),
                        List.of(
                                Tensor.bytes("b", bytes),
                                Tensor.floats("f", floats, 1, floats.length),
                                Tensor.ints("i", ints),
                                Tensor.longs("l", longs))));
        try (var file = Safetensors.open(storage, "t")) {
            assertThat(file.metadata()).containsEntry("who", "\"quoted\" \u00e9");
            assertThat(file.names()).containsExactly("b", "f", "i", "l");
            assertThat(file.shape("f")).containsExactly(1, floats.length);
            var back = file.floats("f");
            for (int i = 0; i < floats.length; i++) {
                assertThat(Float.floatToRawIntBits(back[i])).isEqualTo(Float.floatToRawIntBits(floats[i]));
            }
            assertThat(file.ints("i")).isEqualTo(ints);
            assertThat(file.longs("l")).isEqualTo(longs);
            assertThat(file.bytes("b")).isEqualTo(bytes);
        }
    }

    /** The layout, byte by byte, as the format's own description has it. */
    @Test
    void theLayoutIsSafetensors() throws IOException {
        var storage = Storage.local(folder);
        storage.write(
                "t", out -> Safetensors.write(out, Map.of(), List.of(Tensor.floats("x", new float[] {1, 2}, 2, 1))));
        var bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("t"))).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) bytes.getLong();
        assertThat(length % 8).isZero();
        var header = new byte[length];
        bytes.get(header);
        assertThat(new String(header, StandardCharsets.UTF_8).strip())
                .isEqualTo("{\"x\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}");
        assertThat(bytes.getFloat()).isEqualTo(1);
        assertThat(bytes.getFloat()).isEqualTo(2);
        assertThat(bytes.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | cannot lie at [0, 8]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,36]}} | ends within tensor 'x'",
                "{\"x\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}} | tensor 'x' has type F16, known are [F32, F64, I32, I64, U8]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | tensor 'x': 'size' must be a whole number from 0 to 9223372036854775807, found -2",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]}} | cannot lie at [0, 4]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}} | cannot lie at [0, 0]",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775803,9223372036854775807]}} | ends within tensor 'x'",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1e300],\"data_offsets\":[0,4]}} | found 1.0E300",
                "{\"x\":{\"dtype\":null,\"shape\":null,\"data_offsets\":null}} | tensor 'x' lacks dtype, shape or data_offsets",
                "{\"x\":null} | tensor 'x' lacks dtype, shape or data_offsets",
                "null | not a JSON object but null",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor 'x' begins at 4, the one before it ends at 0",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | has 4 bytes behind its last tensor",
                "{\"x\":5} | tensor 'x' lacks dtype, shape or data_offsets",
                "[1,2] | not a JSON object",
                "{\"x\": | not a JSON object"
            })
    void damagedFilesSayWhatIsWrong(String header, String message) throws IOException {
        var json = header.strip().getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(8 + json.length + 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        Files.write(folder.resolve("t"), bytes.array());
        assertThatThrownBy(() -> Safetensors.open(Storage.local(folder), "t"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message.strip())
                .hasMessageContaining(folder.resolve("t").toString());
    }

    @Test
    void filesOfAnotherKindAreToldApart() throws IOException {
        Files.write(folder.resolve("t"), new byte[5]);
        assertThatThrownBy(() -> Safetensors.open(Storage.local(folder), "t"))
                .hasMessageContaining("not a safetensors file: it has 5 bytes");
        Files.writeString(folder.resolve("t"), "label,a,b\n1,2,3\n");
        assertThatThrownBy(() -> Safetensors.open(Storage.local(folder), "t"))
                .hasMessageContaining("not a safetensors file: its header would take");
    }
}
