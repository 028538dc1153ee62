package orrery.data;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The words of texts. A word is a letter and the letters and digits that follow it, two at least, in lower case; a single apostrophe
 * within it is left out. Immutable.
 */
public final class TextWords implements Serializable {
    private static final long serialVersionUID = 1;
    private static final int SHORTEST = 2;
    private static final int LONGEST = 100;

    private final HashSet<String> stopWords;
    private final boolean bigrams;

    private TextWords(Set<String> stopWords, boolean bigrams) {
        this.stopWords = new HashSet<>(stopWords);
        this.bigrams = bigrams;
    }

    /**
     * Words of texts without some.
     *
     * @param stopWords {@code none}, {@code english}, or a file with a word on each line
     * @param bigrams whether two words that follow each other are a word, too
     */
    public static TextWords without(String stopWords, boolean bigrams) throws IOException {
        return new TextWords(stopWords(stopWords), bigrams);
    }

    Set<String> stopWords() {
        return stopWords;
    }

    boolean bigrams() {
        return bigrams;
    }

    /** Gives the words of a text in their order; two that follow each other after the second. */
    public void each(String text, Consumer<String> to) {
        String before = null;
        int at = 0;
        while (at < text.length()) {
            int begin = at;
            if (!Character.isLetter(text.codePointAt(at))) {
                at += Character.charCount(text.codePointAt(at));
                continue;
            }
            at = end(text, begin);
            before = give(text.substring(begin, at).replace("'", "").toLowerCase(Locale.ROOT), before, to);
        }
    }

    /** Gives a word, and the two that it is with the one before. Returns it, or null if it is none that counts. */
    private @Nullable String give(String word, @Nullable String before, Consumer<String> to) {
        if (word.length() < SHORTEST || word.length() > LONGEST || stopWords.contains(word)) {
            return null;
        }
        to.accept(word);
        if (bigrams && before != null) {
            to.accept(before + "_" + word);
        }
        return word;
    }

    private static int end(String text, int begin) {
        int at = begin;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            boolean isWithin = c == '\'' && at + 1 < text.length() && Character.isLetter(text.codePointAt(at + 1));
            if (!Character.isLetterOrDigit(c) && !isWithin) {
                break;
            }
            at += Character.charCount(c);
        }
        return at;
    }

    /** Words that are left out: {@code none}, {@code english}, or the lines of a file. */
    static Set<String> stopWords(String what) throws IOException {
        return switch (what) {
            case DocumentOptions.NO_STOP_WORDS -> Set.of();
            case DocumentOptions.ENGLISH -> new HashSet<>(List.of(ENGLISH.split("\\s+")));
            default ->
                new HashSet<>(lines(what).stream()
                        .map(word -> word.toLowerCase(Locale.ROOT))
                        .toList());
        };
    }

    /** The lines of a file, without blanks around them and without empty ones at the end. */
    static List<String> lines(String file) throws IOException {
        try (var text = Text.open(new orrery.store.Place(file))) {
            return new String(text.in().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .toList();
        }
    }

    /** Words of grammar: articles, pronouns, prepositions, conjunctions, auxiliary verbs, and what apostrophes leave of them. */
    private static final String ENGLISH = """
            a an the this that these those such same other another each every either neither both all any some no none few many
            much more most several own only i me my mine myself we us our ours ourselves you your yours yourself yourselves he him
            his himself she her hers herself it its itself they them their theirs themselves who whom whose which what whatever
            whoever someone somebody something anyone anybody anything everyone everybody everything nobody nothing one ones
            about above across after against along among around as at before behind below beneath beside besides between beyond by
            despite down during except for from in inside into like near of off on onto out outside over past per since than
            through throughout till to toward towards under until up upon via with within without and but or nor so yet if then
            else because although though while whereas unless whether when whenever where wherever why how however therefore thus
            hence am is are was were be been being do does did doing done have has had having will would shall should can could
            may might must ought let not very too also just even still already again ever never always often here there now
            s t d ll m re ve isn aren wasn weren don doesn didn haven hasn hadn won wouldn shan shouldn couldn mustn isnt arent
            wasnt werent dont doesnt didnt havent hasnt hadnt wont wouldnt cant cannot couldnt shouldnt im ive id ill youre youve
            youll youd hes shes its were weve well wed theyre theyve theyll theyd thats theres heres whats whos""";
}
