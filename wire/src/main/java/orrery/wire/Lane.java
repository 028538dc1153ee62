package orrery.wire;

/** Which frames go first. Within a lane frames keep their order; a frame of a lane overtakes those of the lanes below. */
public enum Lane {
    /** Ticks, leases, grants: small, never held back. */
    CONTROL(0),
    /** What a worker waits for. */
    PROMPT(1),
    /** What may come later. */
    BULK(2);

    static final int COUNT = 3;
    private static final Lane[] ALL = values();

    /** As it travels. */
    final int number;

    Lane(int number) {
        this.number = number;
    }

    static Lane of(int number) {
        return ALL[number];
    }

    /** Whether frames of this lane need credit. */
    boolean isCredited() {
        return this != CONTROL;
    }
}
