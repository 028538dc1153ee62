package orrery.data;

import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import orrery.store.Printable;

/** Reads ratings, one a line: columns that are named or numbered, or the first three. */
final class RatingList {
    private static final List<String> KEYS = List.of("user", "item", "rating");
    private static final Pattern USER = Pattern.compile(
            "(user|customer|reviewer|member|visitor|person|client|uid|u)(id|name|no|nr|number|idx|index)?s?");
    private static final Pattern RATING = Pattern.compile(
            "(rating|score|feedback|star|value|preference|grade|overall|vote|rate|playcount|count)(s|value)?");
    private static final Pattern ITEM = Pattern.compile(
            "(item|movie|film|book|product|song|track|artist|anime|article|business|game|video|asin|isbn|iid|i)(id|name|title|no|nr|number|idx|index)?s?|.*id");
    private static final PairList.Headings NAMES = new PairList.Headings(
            name -> USER.matcher(name).matches(),
            name -> ITEM.matcher(name).matches(),
            name -> RATING.matcher(name).matches());

    private RatingList() {}

    static Read<Ratings> read(FileSet files, ListOptions options) throws IOException {
        var list = new PairList("user, item and rating", options.needsValues(), false);
        Reading reading = Reading.of("ratings");
        for (int part = 0; part < files.size(); part++) {
            String name = files.nameOf(part);
            try (var text = files.open(part)) {
                if (text.isTable()) {
                    options = options.with(new TextOptions(
                            java.util.Optional.of(","),
                            java.util.Optional.of(true),
                            java.util.Optional.of(true),
                            options.text().missing()));
                }
                var begun = text.begin(Look.BYTES);
                if (begun.start().length == 0 && files.size() > 1) {
                    continue;
                }
                var said = options;
                var look = Look.at(
                        begun.start(),
                        begun.isAll(),
                        name,
                        options.text(),
                        Look.OF_LISTS,
                        true,
                        field -> said.isNamed(field),
                        field -> USER.matcher(Look.plain(field)).matches()
                                || RATING.matcher(Look.plain(field)).matches());
                var places = PairList.places(look, said, KEYS, NAMES, true, name);
                if (places.second() < 0 || (places.value() < 0 && options.needsValues())) {
                    throw new DataException(name + ": expected user, item and rating, found "
                            + (look.names().size() == 1
                                    ? "one column"
                                    : look.names().size() + " columns") + " ("
                            + Printable.of(String.join(", ", look.names())) + ")"
                            + "; say which by --user, --item and --rating, or what stands between by --delimiter");
                }
                list.read(
                        begun.all(),
                        name,
                        look.dialect(),
                        look.names().size(),
                        places,
                        look.hasHeader(),
                        options.threads());
                reading = PairList.reading("ratings", look, places, KEYS, text, files);
            }
        }
        if (list.size() == 0) {
            throw new DataException(files.name() + ": there are no ratings in it");
        }
        var values = list.values();
        var ratings = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            ratings[i] = (float) values[i];
        }
        return new Read<>(
                new Ratings(
                        List.copyOf(list.firsts.words()),
                        List.copyOf(list.seconds.words()),
                        list.firsts.size(),
                        list.seconds.size(),
                        list.first(),
                        list.second(),
                        ratings),
                reading);
    }
}
