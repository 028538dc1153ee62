package orrery.engine;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Members;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;

/** Members that are threads of this JVM: all of a run but the processes. */
record InThreads(int count, Supplier<Job> job, Run run, Terms terms) implements Members {

    @Override
    public Started start(Invitation invitation, Consumer<String> said) {
        var ended = new CompletableFuture<Integer>();
        Thread.ofPlatform().name("member-" + invitation.member()).daemon().start(() -> {
            int status = 0;
            try {
                job.get().run(run.with(new Membership(invitation)));
            } catch (Throwable e) {
                said.accept(String.valueOf(e));
                status = 1;
            }
            ended.complete(status);
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
