package orrery.engine.launch;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import orrery.wire.Ticker;

/** Waits for dismissed members to end, and kills those that do not. */
public final class Ending {
    private Ending() {}

    public static void await(List<Members.Started> members, Duration limit, Ticker ticker) {
        var left = members.stream()
                .map(member -> {
                    var end = new CompletableFuture<Integer>();
                    member.whenEnded(end::complete);
                    return end;
                })
                .toArray(CompletableFuture<?>[]::new);
        try {
            if (ticker.join(CompletableFuture.allOf(left), limit.toNanos())) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        members.forEach(Members.Started::kill);
    }
}
