package orrery.deep.text;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import orrery.deep.train.NetModel;

/** Continues texts by a net that has learned from one: each character is drawn by its probability. */
public final class Continuation {
    private Continuation() {}

    /**
     * Continues a text.
     *
     * @param model trained on {@link TextData}
     * @param begin what it goes on from, a character or more
     * @param count characters to add
     * @return the characters that follow
     * @throws IllegalArgumentException if nothing is given to begin with
     */
    public static String of(NetModel model, String begin, int count, long seed) {
        if (begin.isEmpty()) {
            throw new IllegalArgumentException("a text is continued from a character or more, and it is empty");
        }
        var characters = model.classNames();
        int steps = model.net().steps();
        var codes = new ArrayList<Integer>();
        begin.codePoints().forEach(code -> {
            int number = characters.indexOf(Character.toString(code));
            codes.add(number < 0 ? characters.size() - 1 : number);
        });
        var random = new SplittableRandom(seed);
        var said = new StringBuilder();
        try (var scorer = model.scorer()) {
            for (int n = 0; n < count; n++) {
                var window = codes.subList(Math.max(0, codes.size() - steps), codes.size());
                window.forEach(code -> scorer.feature(code, 1));
                int next = drawn(NetModel.probabilities(scorer.outputs(window.size() - 1)), random, characters);
                codes.add(next);
                said.append(characters.get(next));
            }
        }
        return said.toString();
    }

    /** Never the one that stands for all others. */
    private static int drawn(double[] probabilities, SplittableRandom random, List<String> characters) {
        double at = random.nextDouble() * (1 - probabilities[characters.size() - 1]);
        for (int c = 0; c < characters.size() - 1; c++) {
            at -= probabilities[c];
            if (at < 0) {
                return c;
            }
        }
        return characters.size() - 2; // sums of doubles are not exact
    }
}
