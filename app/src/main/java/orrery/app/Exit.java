package orrery.app;

/** Exit codes, beside 0: done. */
final class Exit {
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int INTERRUPTED = 130;

    private Exit() {}
}
