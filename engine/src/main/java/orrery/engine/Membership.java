package orrery.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The launcher of a JVM that has been invited to a run: {@link Job#run} then does this member's part, until the
 * coordinator says that the job is over.
 *
 * @param invitation what the coordinator has given
 */
public record Membership(Invitation invitation) implements Launcher {
    private static final int COORDINATOR_GONE = 3;
    private static final Duration TO_INVITE = Duration.ofMinutes(5);

    /**
     * Reads the invitation from a stream, such as standard input. When the stream ends, the coordinator has: this JVM then
     * ends at once.
     */
    public static Membership read(InputStream in) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        var text = new StringBuilder();
        var late = new Thread(Membership::endsUninvited, "invitation-watch"); // for a process started by hand
        late.setDaemon(true);
        late.start();
        try {
            for (var line = reader.readLine(); ; line = reader.readLine()) {
                if (line == null) {
                    throw new IOException("the invitation to the run is cut short");
                }
                if (Invitation.ends(line)) {
                    break;
                }
                text.append(line).append('\n');
            }
        } finally {
            late.interrupt();
        }
        Thread.ofPlatform().name("coordinator-watch").daemon().start(() -> {
            try {
                while (reader.readLine() != null) {}
            } catch (IOException e) {
                // as good as the end
            }
            Runtime.getRuntime().halt(COORDINATOR_GONE);
        });
        return new Membership(Invitation.parse(text.toString()));
    }

    private static void endsUninvited() {
        try {
            Thread.sleep(TO_INVITE);
        } catch (InterruptedException e) {
            return; // it has come
        }
        System.err.println("orrery: no invitation to a run has come on standard input within " + TO_INVITE.toSeconds()
                + " s; the coordinator of a run starts its members; do not start one by hand");
        Runtime.getRuntime().halt(COORDINATOR_GONE);
    }
}
