package orrery.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.spark.SparkThrowable;
import org.apache.spark.shuffle.FetchFailedException;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;

/** Failures in words that say what to do about them in a Spark application. */
final class Explained {
    private static final int MOST_CAUSES = 8;
    private static final Pattern CLASS = Pattern.compile("([a-z_][a-z0-9_]*\\.)+[A-Z]\\w*");

    private Explained() {}

    /** What to say of a failure that Spark reports in its own way only; null if Spark's own words are as good. */
    static @Nullable String of(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            var words = of(String.valueOf(t.getMessage()));
            if (words != null) {
                return words;
            }
        }
        return null;
    }

    /** The same of what Spark has said. */
    static @Nullable String of(String said) {
        if (said.contains("UnsupportedClassVersionError")) {
            return "an executor runs on a Java older than 25, which Orrery needs (" + where(said)
                    + "); set spark.executorEnv.JAVA_HOME";
        }
        if (said.contains("ClassNotFoundException: orrery.")) {
            return "executors do not have Orrery (" + where(said)
                    + "); give them orrery-spark.jar by spark.jars or --jars";
        }
        return null;
    }

    /** What the command line calls things, and what they are called here. */
    private static final Map<String, String> WORDS = Map.of(
            "--wait-limit", "setWaitLimit",
            "start without --resume", "fit without setResume(true)",
            "ORRERY_JAVA_OPTS=-Xmx...", "spark.driver.memory and spark.executor.memory",
            ", --memory", "",
            "give more --workers or fewer --processes", "give more workers by setWorkers");

    /** A failure whose advice is for a Spark application, not for the command line. */
    static RuntimeException advised(Exception failure) {
        var said = String.valueOf(failure.getMessage());
        var here = said;
        for (var word : WORDS.entrySet()) {
            here = here.replace(word.getKey(), word.getValue());
        }
        if (failure instanceof IOException io) {
            return new UncheckedIOException(here, io);
        }
        return here.equals(said) ? (RuntimeException) failure : new IllegalStateException(here, failure);
    }

    /** Whether Spark itself must see a failure of a task: a lost part of a shuffle is made again only then. */
    static boolean isSparks(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof FetchFailedException) {
                return true;
            }
        }
        return false;
    }

    /** Why Spark has cancelled a job; null if it has not. */
    static @Nullable String cancellation(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            var said = String.valueOf(t.getMessage());
            boolean isCancelled =
                    t instanceof SparkThrowable spark && "SPARK_JOB_CANCELLED".equals(spark.getCondition());
            if (isCancelled || said.contains("SparkContext was shut down") || said.contains("stopped SparkContext")) {
                return said.replaceFirst("^\\[SPARK_JOB_CANCELLED] ", "").replaceFirst(" SQLSTATE: \\S+$", "");
            }
        }
        return null;
    }

    static CancellationException cancelled(String why, Throwable cause) {
        var cancelled = new CancellationException("the fit was cancelled: " + why);
        cancelled.initCause(cause);
        return cancelled;
    }

    /** A failure within a member and what caused it, with the way out where one is known. */
    static String cause(Throwable failure) {
        var causes = new ArrayList<String>();
        String advice = "";
        for (Throwable t = failure; t != null && causes.size() < MOST_CAUSES; t = t.getCause()) {
            boolean isPlain = t instanceof DataException
                    || t instanceof IllegalArgumentException
                    || t instanceof IllegalStateException;
            var said = isPlain && t.getMessage() != null ? t.getMessage() : t.toString();
            if (causes.stream().noneMatch(before -> before.contains(said))) {
                causes.add(said);
            }
            advice = switch (t) {
                case OutOfMemoryError e -> "; give executors more memory by spark.executor.memory, or use more members";
                case LinkageError e -> conflict(e);
                default -> advice;
            };
        }
        return String.join(", caused by ", causes) + advice;
    }

    /** A class of another version than the one that Orrery was built for comes first on the executor's class path. */
    private static String conflict(LinkageError error) {
        var places = new LinkedHashMap<String, String>();
        var named = CLASS.matcher(String.valueOf(error.getMessage()).replace('/', '.'));
        while (named.find()) {
            var name = named.group();
            if (!name.startsWith("java.") && !name.startsWith("orrery.")) {
                places.put(name, place(name));
            }
        }
        var thrower = error.getStackTrace().length == 0 ? "" : ", met at " + error.getStackTrace()[0];
        return thrower + "; the executor's class path has a class of another version than Orrery needs"
                + (places.isEmpty() ? "" : " " + places)
                + ": remove that jar from spark.jars, spark.jars.packages or spark.executor.extraClassPath, or shade it."
                + " Of Netty, Orrery uses the one of Spark itself";
    }

    /** Where a class comes from. */
    private static String place(String name) {
        try {
            var source = Class.forName(name, false, Explained.class.getClassLoader())
                    .getProtectionDomain()
                    .getCodeSource();
            return source == null ? "the JVM" : source.getLocation().toString();
        } catch (ClassNotFoundException | LinkageError e) {
            return "not there";
        }
    }

    /** Such as {@code 10.0.0.7 executor 1}: Spark names it in brackets. */
    private static String where(String said) {
        int end = said.indexOf(" executor ");
        int begin = end < 0 ? -1 : said.lastIndexOf('(', end);
        int close = begin < 0 ? -1 : said.indexOf(')', begin);
        return close < 0 ? "Spark does not say which" : said.substring(begin + 1, close);
    }

    /** Runs an action of Spark's; its failures are given in these words, and its cancellation as one of the fit. */
    static <R> R explaining(Supplier<R> action) {
        try {
            return action.get();
        } catch (Exception e) { // Spark throws checked ones that nobody declares
            var cancelled = cancellation(e);
            if (cancelled != null) {
                throw cancelled(cancelled, e);
            }
            var word = of(e);
            if (word != null) {
                throw new IllegalStateException(word, e);
            }
            throw e;
        }
    }
}
