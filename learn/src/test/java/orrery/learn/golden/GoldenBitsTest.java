package orrery.learn.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import orrery.engine.stage.Run;
import orrery.learn.InNodes;

/**
 * What every application learns, under every consistency, by every launcher: the same bits as when {@code golden-bits.txt}
 * was written. A change that is to change no result is held against it; one that is to, writes it anew:
 *
 * <pre>./mvnw -pl store,wire,table,engine,data,learn -Dtest=GoldenBitsTest -Dorrery.golden.write=true
 *     -Dsurefire.failIfNoSpecifiedTests=false test</pre>
 *
 * <p>The bits are those of x86-64, since the JVM's exponentials and logarithms are other ones elsewhere.
 */
final class GoldenBitsTest {
    private static final boolean WRITES = Boolean.getBoolean("orrery.golden.write");
    private static final Path FILE = Path.of("src/test/resources/orrery/learn/golden/golden-bits.txt");

    @BeforeEach
    void isWhereTheBitsAreKnown() {
        Assumptions.assumeTrue(System.getProperty("os.arch").equals("amd64"), "the golden bits are those of x86-64");
    }

    /** Has a training run somewhere. */
    private interface Launched {
        Run run(Golden training, Run run);
    }

    @Test
    void byThreads() throws Exception {
        check("threads", (training, run) -> run);
    }

    @Tag("thorough")
    @Test
    void byTwoNodes() throws Exception {
        check("two nodes", (training, run) -> run.with(new InNodes(2, Run.local(Golden.WORKERS), training::join)));
    }

    @Tag("thorough")
    @Test
    void byTwoProcesses() throws Exception {
        try (var processes = new TwoProcesses()) {
            check("two processes", (training, run) -> run.with(processes.of(training)));
        }
    }

    private static void check(String launcher, Launched launched) throws Exception {
        var due = read();
        var wrong = new ArrayList<String>();
        for (var training : Golden.all()) {
            String row = training + ", " + launcher;
            String sum = training.run(launched.run(training, Run.local(Golden.WORKERS)));
            if (WRITES) {
                due.put(row, sum);
            } else if (!sum.equals(due.get(row))) {
                wrong.add(row + ": is " + sum + ", was " + due.get(row));
            }
        }
        if (WRITES) {
            Files.write(
                    FILE,
                    due.entrySet().stream()
                            .map(entry -> entry.getKey() + ": " + entry.getValue())
                            .toList());
        }
        assertThat(wrong).isEmpty();
    }

    private static Map<String, String> read() throws IOException {
        var rows = new TreeMap<String, String>();
        if (Files.exists(FILE)) {
            for (var line : Files.readAllLines(FILE)) {
                int at = line.indexOf(": ");
                rows.put(line.substring(0, at), line.substring(at + 2));
            }
        }
        return rows;
    }
}
