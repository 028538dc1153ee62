package orrery.engine.event;

/** A member of the run is gone; the job can go on without it. */
public final class MemberLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int member;

    public MemberLostException(int member, String why) {
        super("member " + member + " is lost: " + why);
        this.member = member;
    }

    public int member() {
        return member;
    }
}
