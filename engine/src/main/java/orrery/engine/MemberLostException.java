package orrery.engine;

/** A member of the run is gone; the job can go on without it. */
final class MemberLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int member;

    MemberLostException(int member, String why) {
        super("member " + member + " is lost: " + why);
        this.member = member;
    }

    int member() {
        return member;
    }
}
