package orrery.app.verbs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Applications;
import orrery.app.flags.UsageException;
import orrery.learn.topic.TopicModel;
import orrery.store.Json;
import orrery.store.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the topics that a model has found, or makes a page of them. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Prints the topics of a model of lda, the largest first: its number, how many of the words have it, its coherence,"
                    + " and its most frequent words with their probabilities.",
            "Coherence is the normalised pointwise mutual information of the ten most frequent words in the documents that were"
                    + " trained on: 1 if they only occur together, 0 if by chance, -1 if never."
        })
public final class Topics implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A model of lda, or a run.")
    @SuppressWarnings("NullAway.Init")
    String model;

    @Option(names = "--top", paramLabel = "N", description = "Words of a topic (default: ${DEFAULT-VALUE}).")
    int top = 10;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page of them to look at, too.")
    @Nullable
    Path html;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw new UsageException("--top must be 1 or more, got " + top);
        }
        var file = Applications.file(model);
        var found = TopicModel.load(file);
        var words = found.top(top);
        if (html != null) {
            Files.writeString(html, TopicsPage.of(found, words, file.toString()));
        }
        var out = spec.commandLine().getOut();
        if (json) {
            var result = new LinkedHashMap<String, Object>();
            result.put("model", model);
            result.put("coherence", mean(found));
            result.put(
                    "topics",
                    found.bySize().stream()
                            .map(k -> toMap(found, k, words.get(k)))
                            .toList());
            out.println(Json.line(result));
            return 0;
        }
        out.printf(
                Locale.ROOT,
                "%,d topics of %,d words, mean coherence %.3f%n",
                found.topics(),
                found.words(),
                mean(found));
        for (int k : found.bySize()) {
            out.printf(
                    Locale.ROOT,
                    "%d  %.2f %%  %.3f  %s%n",
                    k,
                    100 * share(found, k),
                    found.coherence()[k],
                    words.get(k).stream()
                            .map(entry -> Printable.of(entry.text())
                                    + String.format(Locale.ROOT, " %.3f", entry.probability()))
                            .collect(Collectors.joining(", ")));
        }
        if (html != null) {
            out.println("page  " + html);
        }
        return 0;
    }

    /** The part of all words that have a topic. */
    static double share(TopicModel model, int topic) {
        long all = 0;
        for (int total : model.totals()) {
            all += total;
        }
        return model.totals()[topic] / (double) Math.max(1, all);
    }

    /** Of topics whose coherence is known. */
    static double mean(TopicModel model) {
        double sum = 0;
        int known = 0;
        for (float coherence : model.coherence()) {
            if (!Float.isNaN(coherence)) {
                sum += coherence;
                known++;
            }
        }
        return sum / known;
    }

    private static Map<String, Object> toMap(TopicModel model, int topic, List<TopicModel.Entry> words) {
        var map = new LinkedHashMap<String, Object>();
        map.put("topic", topic);
        map.put("words", model.totals()[topic]);
        map.put("share", share(model, topic));
        map.put("coherence", model.coherence()[topic]);
        var top = new LinkedHashMap<String, Object>();
        words.forEach(entry -> top.put(entry.text(), entry.probability()));
        map.put("top", top);
        return map;
    }
}
