package orrery.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * The launcher of a JVM that has been invited to a run: {@link Job#run} then does this member's part, until the
 * coordinator says that the job is over.
 *
 * @param invitation what the coordinator has given
 */
public record Membership(Invitation invitation) implements Launcher {
    private static final int COORDINATOR_GONE = 3;

    /**
     * Reads the invitation from a stream, such as standard input. When the stream ends, the coordinator has: this JVM then
     * ends at once.
     */
    public static Membership read(InputStream in) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        var text = new StringBuilder();
        for (var line = reader.readLine(); ; line = reader.readLine()) {
            if (line == null) {
                throw new IOException("the invitation to the run is cut short");
            }
            if (Invitation.ends(line)) {
                break;
            }
            text.append(line).append('\n');
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
}
