package orrery.hadoop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import orrery.data.AsyncReader;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Data;
import orrery.data.Ratings;
import orrery.data.ReadOptions;
import orrery.data.Stream;
import orrery.engine.Job;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.factor.FactorModel;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.store.StorageContract;

/** Storage on a real HDFS: a name node and two data nodes in this JVM, writers in others. */
@Timeout(180)
final class HdfsTest {
    @TempDir
    static Path disks;

    private static MiniDFSCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        var configuration = new Configuration();
        configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, disks.toString());
        cluster = new MiniDFSCluster.Builder(configuration)
                .numDataNodes(2)
                .hosts(new String[] {"machine-1", "machine-2"})
                .build();
        cluster.waitActive();
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.shutdown();
        }
    }

    private static Place place(String name) {
        return new Place(cluster.getURI() + "/" + name);
    }

    /** The contract, on HDFS. */
    @Nested
    final class OnHdfs extends StorageContract {
        @Override
        protected Storage open(String name) throws java.io.IOException {
            return place(name).folder();
        }

        @Override
        protected int filesIn(String name) throws java.io.IOException {
            return cluster.getFileSystem().listStatus(new org.apache.hadoop.fs.Path("/" + name)).length;
        }
    }

    /** A file of eight blocks, each on one of two machines: workers read what is at hand, then the rest. */
    @Test
    void blocksAreReadWhereTheyAre() throws Exception {
        var text = new StringBuilder();
        int lines = 0;
        for (var random = new SplittableRandom(4); text.length() < 8 << 20; lines++) {
            text.append(lines);
            for (int f = random.nextInt(20); f > 0; f--) {
                text.append(' ').append(random.nextInt(1000)).append(":0.5");
            }
            text.append('\n');
        }
        var path = new org.apache.hadoop.fs.Path("/big/lines.libsvm");
        try (var out = cluster.getFileSystem().create(path, true, 4096, (short) 1, 1 << 20)) {
            out.write(text.toString().getBytes(StandardCharsets.US_ASCII));
        }
        var stream = Stream.survey(List.of(place("big/lines.libsvm")), 1, 2);
        assertThat(stream.pieces())
                .hasSizeGreaterThanOrEqualTo(8)
                .allSatisfy(piece -> assertThat(piece.hosts()).hasSize(1));
        assertThat(stream.size()).isEqualTo(lines);
        var hosts = List.of("machine-1", "machine-2");
        var shares = stream.shares(hosts);
        long local = 0;
        var seen = new BitSet();
        for (int w = 0; w < 2; w++) {
            var host = hosts.get(w);
            local += shares.get(w).pieces().stream()
                    .filter(piece -> piece.hosts().contains(host))
                    .count();
            try (var reader = new AsyncReader(shares.get(w).pieces(), 1000, 2, 1000, 1)) {
                for (var batch = reader.next(); batch != null; batch = reader.next()) {
                    for (long i = 0; i < batch.examples().size(); i++) {
                        seen.set((int) batch.examples().label(i));
                    }
                }
            }
        }
        assertThat(seen.cardinality()).isEqualTo(lines);
        long onFirst = stream.pieces().stream()
                .filter(piece -> piece.hosts().contains("machine-1"))
                .count();
        long half = stream.pieces().size() / 2; // nobody reads more than one piece above its half
        assertThat(local)
                .isGreaterThanOrEqualTo(
                        Math.min(onFirst, half) + Math.min(stream.pieces().size() - onFirst, half) - 1);
    }

    private static Ratings ratings() {
        var random = new SplittableRandom(1);
        int count = 4000;
        var users = random.ints(count, 0, 80).toArray();
        var items = random.ints(count, 0, 90).toArray();
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = users[i] % 5 + items[i] % 3;
        }
        return new Ratings(List.of(), List.of(), 80, 90, users, items, values);
    }

    private static Training<FactorModel> training(Run run) {
        var options = new FactorOptions(8, 6, 0.03f, 0.95f, 0.1f, FactorOptions.Method.ADA_REVISION);
        return new MatrixFactorization(options).prepare(ratings(), Optional.empty(), run);
    }

    @Test
    void aRunGoesOnFromHdfsToTheSameBits() throws Exception {
        var due = training(Run.local(2)).run().model();
        var checkpoints = Checkpoints.in(place("runs/mf").folder());
        var stopping = new Job[1];
        var stopped = training(Run.local(2).with(checkpoints).listening(event -> {
            if (event instanceof RunEvent.CutReached cut && cut.clock() >= 6) {
                stopping[0].stop();
            }
        }));
        stopping[0] = stopped.job();
        stopped.run();
        var resumed = training(Run.local(2).with(checkpoints.resuming())).run().model();
        assertThat(resumed.users()).containsExactly(due.users());
        assertThat(resumed.items()).containsExactly(due.items());
        resumed.from(Map.of("kept", "on HDFS")).save(place("models/mf.safetensors"));
        var loaded = FactorModel.load(place("models/mf.safetensors"));
        assertThat(loaded.items()).containsExactly(due.items());
        assertThat(loaded.provenance()).containsEntry("kept", "on HDFS");
    }

    /** Run in a JVM of its own: replaces a file with ever larger ones, and says when it is in the midst of one. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws Exception {
            var storage = new Place(arguments[0]).folder();
            storage.writeText("manifest", "whole");
            storage.write("manifest", out -> {
                Storage.writeFully(out, ByteBuffer.wrap(new byte[3 << 20])); // three packets of blocks, no end
                System.out.println("writing");
                System.in.read(); // until it is killed
            });
        }
    }

    @Test
    void aCommitSurvivesAKilledWriter() throws Exception {
        var folder = place("killed");
        for (int kill = 0; kill < 3; kill++) {
            var writer = new ProcessBuilder(
                            System.getProperty("java.home") + "/bin/java",
                            "-Xmx256m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writer.class.getName(),
                            folder.text())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var out = new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
                assertThat(out.readLine()).isEqualTo("writing");
            } finally {
                writer.destroyForcibly().waitFor();
            }
            var storage = folder.folder();
            assertThat(storage.readText("manifest")).isEqualTo("whole");
            assertThat(storage.list("")).containsExactly("manifest");
            storage.writeText("manifest", "of another writer"); // at once, whatever lease the dead one has
            assertThat(storage.readText("manifest")).isEqualTo("of another writer");
        }
    }

    @Test
    void dataAreReadFromHdfs() throws Exception {
        place("data").folder().writeText("a.csv", "label,x\nyes,1\nno,2\nyes,3\n");
        var data = new Data(Cache.none(), new Catalogue(disks));
        var loaded = data.read(place("data/a.csv").text(), ReadOptions.defaults());
        assertThat(loaded.examples().size()).isEqualTo(3);
        assertThat(loaded.schema().classes()).containsExactly("no", "yes");
        assertThatThrownBy(() -> data.read(place("data/b.csv").text(), ReadOptions.defaults()))
                .hasMessage(place("data/b.csv") + ": no such file");
    }

    @Test
    void placesThatNobodyHasAreToldInWords() {
        assertThatThrownBy(() -> new Place("gopher://x/y").folder())
                .hasMessage("gopher://x/y: Hadoop has no file system for gopher here; add its jar to the class path"
                        + " (hadoop-aws for s3a)");
        assertThatThrownBy(() -> new Place("hdfs://no-such-host.invalid:1/x").folder())
                .hasMessageContaining("hdfs://no-such-host.invalid:1/x: java.net.UnknownHostException");
    }

    @Test
    void fileSystemsThatCannotReplaceInOneStepAreWrittenToToo() throws Exception {
        var folder = new org.apache.hadoop.fs.Path(disks.resolve("raw").toUri());
        var storage = new HadoopStorage(FileSystem.get(URI.create("file:///"), new Configuration()), folder);
        storage.writeText("a", "1");
        storage.writeText("a", "2");
        assertThat(storage.readText("a")).isEqualTo("2");
    }
}
