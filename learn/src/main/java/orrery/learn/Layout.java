package orrery.learn;

import java.util.List;
import java.util.Locale;

/** Where the parameters of a model are while it is trained, and how workers read them. */
public enum Layout {
    /**
     * As suits the training: sparse where features have keys; dense where workers are threads, where a batch touches many of
     * the parameters, or where they are few; else by key.
     */
    AUTO,
    /** Every process that has workers may hold all of them side by side: the fastest as long as they fit. */
    DENSE,
    /** A process holds its own, and workers ask for those that they need by key: more processes hold more of them. */
    KEYED,
    /** The same, with memory only for those that were ever touched; keys are any numbers of 64 bits. */
    SPARSE;

    /**
     * The layout that is called that.
     *
     * @param may those that a model may have
     * @throws IllegalArgumentException if it is none of these
     */
    public static Layout parse(String name, List<Layout> may) {
        var words = may.stream()
                .map(layout -> layout.name().toLowerCase(Locale.ROOT))
                .toList();
        int at = words.indexOf(name);
        if (at < 0) {
            throw new IllegalArgumentException("layout must be "
                    + String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast() + ", got '"
                    + name
                    + "'");
        }
        return may.get(at);
    }
}
