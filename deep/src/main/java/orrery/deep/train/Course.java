package orrery.deep.train;

import java.io.Serializable;
import java.util.List;
import orrery.table.spec.RateSchedule;
import orrery.table.spec.UpdateRule;

/** The schedule of the learning rate over a training. */
public sealed interface Course extends Serializable {
    /** The rule with its schedule, for a training of {@code clocks} clocks with {@code perPass} in each pass. */
    UpdateRule rule(UpdateRule rule, long clocks, long perPass);

    /** It stays. */
    record Constant() implements Course {
        @Override
        public UpdateRule rule(UpdateRule rule, long clocks, long perPass) {
            return rule;
        }
    }

    /** It falls to nothing. */
    record Linear() implements Course {
        @Override
        public UpdateRule rule(UpdateRule rule, long clocks, long perPass) {
            return new UpdateRule.Decaying(rule, clocks);
        }
    }

    /** It falls to nothing, slowly at first and at last. */
    record Cosine() implements Course {
        @Override
        public UpdateRule rule(UpdateRule rule, long clocks, long perPass) {
            return new UpdateRule.Decaying(rule, new RateSchedule.Cosine(clocks));
        }
    }

    /** Multiplied by a factor every {@code passes} passes. */
    record Steps(double passes, double factor) implements Course {
        public Steps {
            if (!(passes > 0)) {
                throw new IllegalArgumentException("steps: the passes must be above 0, got " + passes);
            }
            RateSchedule _ = new RateSchedule.Steps(1, factor);
        }

        @Override
        public UpdateRule rule(UpdateRule rule, long clocks, long perPass) {
            long every = Math.max(1, Math.round(passes * perPass));
            return new UpdateRule.Decaying(rule, new RateSchedule.Steps(every, factor));
        }
    }

    /** (1 + gamma clocks)^-power, as Caffe has it. */
    record Inverse(double gamma, double power) implements Course {
        public Inverse {
            RateSchedule _ = new RateSchedule.Inverse(gamma, power);
        }

        @Override
        public UpdateRule rule(UpdateRule rule, long clocks, long perPass) {
            return new UpdateRule.Decaying(rule, new RateSchedule.Inverse(gamma, power));
        }
    }

    /** How they are written. */
    String FORMS = "constant, linear, cosine, step:PASSES:FACTOR or inverse:GAMMA:POWER";

    /**
     * Of text: {@link #FORMS}.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    static Course parse(String text) {
        var parts = List.of(text.split(":", -1));
        try {
            return switch (parts.getFirst() + "/" + parts.size()) {
                case "constant/1" -> new Constant();
                case "linear/1" -> new Linear();
                case "cosine/1" -> new Cosine();
                case "step/3" -> new Steps(Double.parseDouble(parts.get(1)), Double.parseDouble(parts.get(2)));
                case "inverse/3" -> new Inverse(Double.parseDouble(parts.get(1)), Double.parseDouble(parts.get(2)));
                default -> throw new IllegalArgumentException("a schedule is " + FORMS + ", got '" + text + "'");
            };
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a schedule is " + FORMS + ", got '" + text + "'", e);
        }
    }
}
