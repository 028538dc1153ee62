package orrery.app;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import orrery.app.cluster.Cluster;
import orrery.app.run.Exit;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Members.Terms;
import orrery.engine.launch.Membership;

/**
 * {@code --on this-jvm}: members that are threads of the coordinator's JVM, and speak over the network as others do. One
 * debugger sees them all, and a {@link Rehearsal} loads what they need.
 */
public final class ThisJvm implements Cluster {
    private static final String NAME = "this-jvm";

    @Override
    public boolean knows(String place) {
        return place.equals(NAME);
    }

    @Override
    public Rented rent(String place, Wanted wanted) {
        return new Rented() {
            @Override
            public int count() {
                return wanted.members();
            }

            @Override
            public Terms terms() {
                return wanted.terms();
            }

            @Override
            public Started start(Invitation invitation, Consumer<String> said) {
                return new Part(invitation, wanted, said);
            }

            @Override
            public void close() {}
        };
    }

    /** A member's part. */
    private static final class Part implements orrery.engine.launch.Members.Started {
        private final CompletableFuture<Integer> end = new CompletableFuture<>();
        private final Thread thread;

        Part(Invitation invitation, Wanted wanted, Consumer<String> said) {
            thread = Thread.ofPlatform()
                    .name("member " + invitation.member())
                    .daemon()
                    .start(() -> {
                        try {
                            Orrery.member(new Membership(invitation), wanted.arguments());
                            end.complete(0);
                        } catch (IOException | RuntimeException e) {
                            said.accept(String.valueOf(e.getMessage()));
                            end.complete(Exit.FAILED);
                        }
                    });
        }

        @Override
        public void whenEnded(Consumer<Integer> action) {
            end.thenAccept(action);
        }

        @Override
        public void kill() {
            thread.interrupt();
        }

        @Override
        public String toString() {
            return thread.getName() + " of this JVM";
        }
    }
}
