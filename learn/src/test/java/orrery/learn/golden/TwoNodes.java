package orrery.learn.golden;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Members;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;

/** Members that are threads of this JVM, with real connections between them. */
record TwoNodes(Golden training) implements Members {
    @Override
    public int count() {
        return 2;
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
                training.join(Run.local(Golden.WORKERS).with(new Membership(invitation)));
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
