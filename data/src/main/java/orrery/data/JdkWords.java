package orrery.data;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * <b>jdk-words</b>: what are classes about? A document per class of the running JDK, read from {@code jrt:/}; its words are the parts
 * of the names in its constant pool, cut where camel case cuts them. Words that are in fewer than 20 classes, or in more than a
 * tenth of them, are left out, as are those of one or two letters.
 */
final class JdkWords {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_$/;<>()\\[.0-9]+");
    private static final Pattern PART = Pattern.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+");
    private static final int LEAST_CLASSES = 20;
    private static final double MOST_CLASSES = 0.1; // of all

    private JdkWords() {}

    static Loaded read() throws IOException {
        var files = JdkVerbs.classFiles();
        var numbers = new TreeMap<String, Integer>();
        var words = new ArrayList<String>();
        var documents = new ArrayList<Map<Integer, Integer>>();
        for (var file : files) {
            var counts = new TreeMap<Integer, Integer>();
            for (var entry : ClassFile.of().parse(Files.readAllBytes(file)).constantPool()) {
                if (entry instanceof Utf8Entry text
                        && NAME.matcher(text.stringValue()).matches()) {
                    var parts = PART.matcher(text.stringValue());
                    while (parts.find()) {
                        if (parts.group().length() > 2) {
                            int number = numbers.computeIfAbsent(parts.group().toLowerCase(Locale.ROOT), w -> {
                                words.add(w);
                                return words.size() - 1;
                            });
                            counts.merge(number, 1, Integer::sum);
                        }
                    }
                }
            }
            documents.add(counts);
        }
        var classes = new int[words.size()];
        documents.forEach(counts -> counts.keySet().forEach(word -> classes[word]++));
        var kept = new int[words.size()]; // number + 1
        var names = new ArrayList<String>();
        for (int w = 0; w < kept.length; w++) {
            if (classes[w] >= LEAST_CLASSES && classes[w] <= MOST_CLASSES * documents.size()) {
                names.add(words.get(w));
                kept[w] = names.size();
            }
        }
        var packer = new Examples.Packer();
        for (var counts : documents) {
            counts.forEach((word, count) -> {
                if (kept[word] > 0) {
                    packer.feature(kept[word] - 1, count);
                }
            });
            packer.example(0, 1);
        }
        return new Loaded(packer.pack(names.size()), Schema.named("jdk-words", List.copyOf(names), List.of()));
    }
}
