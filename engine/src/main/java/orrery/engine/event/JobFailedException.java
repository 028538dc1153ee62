package orrery.engine.event;

/** A job ended before its time. The message names stage, worker, clock and cause, as far as there are such. */
public final class JobFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public JobFailedException(String message, Throwable cause) {
        super(message, cause);
    }

    public static JobFailedException of(RunEvent.WorkerFailed failure) {
        return new JobFailedException(
                "stage '" + failure.stage() + "', worker " + failure.worker() + ", clock " + failure.clock() + ": "
                        + describe(failure.cause()),
                failure.cause());
    }

    /** The message for people: of an exception of the JDK's with no words of its own, its name too. */
    public static String describe(Throwable cause) {
        var message = cause.getMessage();
        boolean isOurs = cause.getClass().getName().startsWith("orrery.");
        return message == null
                ? cause.getClass().getName()
                : isOurs ? message : cause.getClass().getSimpleName() + ": " + message;
    }
}
