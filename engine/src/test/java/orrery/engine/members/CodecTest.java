package orrery.engine.members;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CodecTest {
    /** Every order and report, with random content, is read as it was sent, to the last bit. */
    @RepeatedTest(50)
    void whatIsSentIsRead(RepetitionInfo seed) throws Exception {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        for (var kinds : new Class<?>[] {Order.class, Report.class}) {
            for (var kind : kinds.getPermittedSubclasses()) {
                var message = (Record) made(kind, random);
                assertThat((Object) Codec.read(kinds, Codec.text(message))).isEqualTo(message);
            }
        }
    }

    private static Object made(Type type, SplittableRandom random) throws Exception {
        if (type instanceof ParameterizedType generic) {
            var arguments = generic.getActualTypeArguments();
            var list = new ArrayList<Object>();
            var map = new LinkedHashMap<String, Object>();
            for (int i = random.nextInt(3); i > 0; i--) {
                list.add(made(arguments[0], random));
                map.put("name \"" + i + "{x}", made(arguments[arguments.length - 1], random));
            }
            return generic.getRawType() == java.util.List.class ? list : map;
        }
        var single = (Class<?>) type;
        if (single.isRecord()) {
            var components = single.getRecordComponents();
            var arguments = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                arguments[i] = made(components[i].getGenericType(), random);
            }
            var types = Arrays.stream(components).map(c -> c.getType()).toArray(Class<?>[]::new);
            var constructor = single.getDeclaredConstructor(types);
            return constructor.newInstance(arguments);
        }
        if (single == int.class || single == Integer.class) {
            return random.nextInt();
        }
        if (single == long.class || single == Long.class) {
            return random.nextLong();
        }
        if (single == boolean.class) {
            return random.nextBoolean();
        }
        if (single == double.class || single == Double.class) {
            return random.nextInt(4) == 0 ? Double.NaN : Double.longBitsToDouble(random.nextLong() & ~(1L << 62));
        }
        if (single == Duration.class) {
            return Duration.ofNanos(random.nextLong(1L << 50));
        }
        return "text \u00e4\u2028\n" + random.nextInt();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"kind\":\"Explode\"} | a message of kind 'Explode' is unknown here",
                "{\"kind\":\"Held\",\"clock\":1} | a message of kind 'Held' is unknown here",
                "{} | a message of kind 'null' is unknown here",
                "{\"kind\":\"CutAt\"} | a message: 'CutAt.clock' is missing or of another type",
                "{\"kind\":\"CutAt\",\"clock\":\"1\"} | a message: 'CutAt.clock' is missing or of another type",
                "{\"kind\":\"Rollback\",\"epoch\":1,\"lost\":3,\"keepsTables\":true}"
                        + " | a message: 'Rollback.lost' is missing or no list",
                "nonsense | a message: is damaged: not a JSON object"
            })
    void whatIsNoOrderIsRefused(String text, String why) {
        assertThatThrownBy(() -> Codec.read(Order.class, text))
                .isInstanceOf(IOException.class)
                .hasMessage(why);
    }
}
