package orrery.app.run;

/** Exit codes, beside 0: done. */
public final class Exit {
    public static final int FAILED = 1;
    public static final int USAGE = 2;
    public static final int INTERRUPTED = 130;

    private Exit() {}
}
