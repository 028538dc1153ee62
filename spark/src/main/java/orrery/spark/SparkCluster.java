package orrery.spark;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import orrery.app.Orrery;
import orrery.app.cluster.Cluster;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Membership;

/** {@code --on spark://host:port}: members of any application of the command line as tasks of a Spark application. */
public final class SparkCluster implements Cluster {
    private static final String OF_SUBMIT = "spark";
    private static final Duration SLOT_LIMIT = Duration.ofSeconds(60);

    @Override
    public boolean knows(String place) {
        return place.equals(OF_SUBMIT)
                || place.equals("yarn")
                || place.startsWith("spark://")
                || place.startsWith("k8s://")
                || place.startsWith("local");
    }

    @Override
    public Rented rent(String place, Wanted wanted) throws IOException {
        var builder = SparkSession.builder().appName("orrery train").config("spark.task.cpus", wanted.workersEach());
        var given = new SparkConf();
        if (!place.equals(OF_SUBMIT)) {
            builder.master(place);
        } else if (!given.contains("spark.master")) {
            throw new IOException(
                    "--on spark is for spark-submit, which says the master; without, give the master itself");
        }
        if (!given.contains("spark.log.level")) {
            builder.config("spark.log.level", "OFF"); // what there is to say, we say
        }
        if (!given.contains("spark.jars") && !place.startsWith("local")) {
            builder.config("spark.jars", jar());
        }
        SparkSession session;
        try {
            session = builder.getOrCreate();
        } catch (RuntimeException e) {
            throw new IOException("cannot begin an application on " + place + ": " + e.getMessage(), e);
        }
        try {
            var context = JavaSparkContext.fromSparkContext(session.sparkContext());
            var numbers = IntStream.rangeClosed(1, wanted.members()).boxed().toList();
            var members = new SparkMembers<>(
                    context,
                    context.parallelize(numbers, wanted.members()),
                    new Command(List.copyOf(wanted.arguments())),
                    wanted.terms().on(context.getConf().get("spark.driver.host")),
                    SLOT_LIMIT);
            return new Tasks(members, session);
        } catch (RuntimeException e) {
            session.stop();
            throw e;
        }
    }

    /** Our one jar: this class's. */
    private static String jar() throws IOException {
        var set = System.getProperty("orrery.shaded");
        if (set != null) {
            return set;
        }
        try {
            var jar = Path.of(SparkCluster.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return jar.toString();
        } catch (URISyntaxException e) {
            throw new IOException("where orrery-spark.jar is cannot be told: " + e.getMessage(), e);
        }
    }

    /** A member that runs the command line; the data are a number that does not matter. */
    private record Command(List<String> arguments) implements MemberBody<Integer> {
        @Override
        public void run(Membership membership, int part, Iterator<Integer> data) throws IOException {
            Orrery.member(membership, arguments);
        }
    }

    /** The tasks, and the application that they are of. */
    private record Tasks(SparkMembers<Integer> members, SparkSession session) implements Rented {
        @Override
        public int count() {
            return members.count();
        }

        @Override
        public Terms terms() {
            return members.terms();
        }

        @Override
        public Started start(Invitation invitation, Consumer<String> said) {
            return members.start(invitation, said);
        }

        @Override
        public void close() {
            members.close();
            session.stop();
        }
    }
}
