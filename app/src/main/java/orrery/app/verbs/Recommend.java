package orrery.app.verbs;

import java.io.IOException;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Applications;
import orrery.app.flags.RatingFlags;
import orrery.app.flags.UsageException;
import orrery.data.DataException;
import orrery.data.Nearest;
import orrery.learn.factor.FactorModel;
import orrery.store.Json;
import orrery.store.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Names the items that a user is likely to rate highest. */
@Command(
        name = "recommend",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Names the items that a user will rate highest, by a model of mf.")
public final class Recommend implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "A model of mf, or a run.")
    @SuppressWarnings("NullAway.Init")
    String model;

    @Parameters(index = "1", paramLabel = "USER", description = "As the ratings call the user.")
    @SuppressWarnings("NullAway.Init")
    String user;

    @Option(names = "--top", paramLabel = "K", description = "Print the top K items (default: ${DEFAULT-VALUE}).")
    int top = 10;

    @Option(
            names = "--without",
            paramLabel = "RATINGS",
            description = "Leave out what the user has rated in this file.")
    @Nullable
    String without;

    @Mixin
    RatingFlags reading = new RatingFlags();

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
        var loaded = FactorModel.load(Applications.file(model));
        int number = loaded.userNames().indexOf(user);
        if (number < 0) {
            var names = loaded.userNames();
            throw new DataException("the model knows no user '" + user + "'"
                    + (names.size() <= 1000 ? Nearest.hint(user, names) : ", only " + names.size() + " others"));
        }
        var best = loaded.recommend(number, top, known(loaded));
        var out = spec.commandLine().getOut();
        if (json) {
            var items = new LinkedHashMap<String, Object>();
            best.forEach(entry -> items.put(entry.name(), entry.rating()));
            var result = new LinkedHashMap<String, Object>();
            result.put("model", model);
            result.put("user", user);
            result.put("items", items);
            out.println(Json.line(result));
        } else {
            best.forEach(entry -> out.printf(Locale.ROOT, "%.3f  %s%n", entry.rating(), Printable.of(entry.name())));
        }
        return 0;
    }

    private BitSet known(FactorModel loaded) throws IOException {
        var known = new BitSet();
        if (without != null) {
            var ratings = reading.data().ratings(without, reading.options()).value();
            var numbers = new LinkedHashMap<String, Integer>();
            for (int item = 0; item < loaded.itemCount(); item++) {
                numbers.put(loaded.itemNames().get(item), item);
            }
            for (int i = 0; i < ratings.size(); i++) {
                var item = numbers.get(ratings.itemName(ratings.items()[i]));
                if (item != null && ratings.userName(ratings.users()[i]).equals(user)) {
                    known.set(item);
                }
            }
        }
        return known;
    }
}
