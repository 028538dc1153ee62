package orrery.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The end of members that were told to go: those that do not are made to. */
final class Ending {
    private Ending() {}

    static void await(List<Members.Started> members, Duration limit) {
        var left = new CountDownLatch(members.size());
        members.forEach(member -> member.whenEnded(status -> left.countDown()));
        try {
            if (left.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        members.forEach(Members.Started::kill);
    }
}
