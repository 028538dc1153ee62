package orrery.deep;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Members;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;

/** Members that are threads of this JVM, with real connections between them. */
record InNodes(int count, Run run, Part part) implements Members {
    /** What a member does. */
    @FunctionalInterface
    interface Part {
        void join(Run run) throws Exception;
    }

    @Override
    public Terms terms() {
        return Terms.DEFAULT.insecure();
    }

    @Override
    public Started start(Invitation invitation, Consumer<String> said) {
        var ended = new CompletableFuture<Integer>();
        Thread.ofPlatform().name("member-" + invitation.member()).daemon().start(() -> {
            try {
                part.join(run.with(new Membership(invitation)));
                ended.complete(0);
            } catch (Throwable e) {
                said.accept(String.valueOf(e));
                ended.complete(1);
            }
        });
        return new Started() {
            @Override
            public void whenEnded(Consumer<Integer> action) {
                ended.thenAccept(action);
            }

            @Override
            public void kill() {}
        };
    }
}
