package orrery.spark;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is meant by failures of Spark that say it in their own way only, and that happen again each time. */
final class Explained {
    private Explained() {}

    /** What to tell of it; null if Spark's own word is as good. */
    static @Nullable String of(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            var said = String.valueOf(t.getMessage());
            if (said.contains("UnsupportedClassVersionError")) {
                return "an executor runs on a Java older than 25, which Orrery needs (" + where(said)
                        + "); set spark.executorEnv.JAVA_HOME";
            }
            if (said.contains("ClassNotFoundException: orrery.")) {
                return "executors do not have Orrery (" + where(said)
                        + "); give them orrery-spark.jar by spark.jars or --jars";
            }
        }
        return null;
    }

    /** Such as {@code 10.0.0.7 executor 1}: Spark names it in brackets. */
    private static String where(String said) {
        int end = said.indexOf(" executor ");
        int begin = end < 0 ? -1 : said.lastIndexOf('(', end);
        int close = begin < 0 ? -1 : said.indexOf(')', begin);
        return close < 0 ? "Spark does not say which" : said.substring(begin + 1, close);
    }

    /** An action of Spark's, with failures told so. */
    static <R> R told(Supplier<R> action) {
        try {
            return action.get();
        } catch (Exception e) { // Spark throws checked ones that nobody declares
            var word = of(e);
            if (word != null) {
                throw new IllegalStateException(word, e);
            }
            throw e;
        }
    }
}
