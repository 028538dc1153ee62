package orrery.table.spec;

import java.io.Serializable;

/** The part of a rule's rate that is left at each clock. */
public sealed interface RateSchedule extends Serializable {
    /** The part when all updates up to {@code age} are in; -1 before the first clock. */
    float share(long age);

    /** Falls from 1 to 0 in {@code clocks} clocks, by the same amount at each. */
    record Linear(long clocks) implements RateSchedule {
        public Linear {
            atLeastOne("linear", clocks);
        }

        @Override
        public float share(long age) {
            return (float) Math.max(0, 1 - (age + 1) / (double) clocks);
        }
    }

    /** Falls from 1 to 0 in {@code clocks} clocks along half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts). */
    record Cosine(long clocks) implements RateSchedule {
        public Cosine {
            atLeastOne("cosine", clocks);
        }

        @Override
        public float share(long age) {
            return (float) ((1 + Math.cos(Math.PI * Math.min(1, (age + 1) / (double) clocks))) / 2);
        }
    }

    /** Multiplied by {@code factor} every {@code every} clocks. */
    record Steps(long every, double factor) implements RateSchedule {
        public Steps {
            atLeastOne("steps", every);
            if (!(factor > 0 && factor <= 1)) {
                throw new IllegalArgumentException("steps: the factor is above 0 and 1 or less, got " + factor);
            }
        }

        @Override
        public float share(long age) {
            return (float) Math.pow(factor, (double) Math.floorDiv(age + 1, every));
        }
    }

    /** (1 + gamma clocks)^-power: Caffe's "inv". */
    record Inverse(double gamma, double power) implements RateSchedule {
        public Inverse {
            if (!(gamma >= 0 && power >= 0)) {
                throw new IllegalArgumentException(
                        "inverse: gamma and power are 0 or more, got " + gamma + " and " + power);
            }
        }

        @Override
        public float share(long age) {
            return (float) Math.pow(1 + gamma * (double) (age + 1), -power);
        }
    }

    private static void atLeastOne(String schedule, long clocks) {
        if (clocks < 1) {
            throw new IllegalArgumentException(schedule + ": clocks must be 1 or more, got " + clocks);
        }
    }
}
