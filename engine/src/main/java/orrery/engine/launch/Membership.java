package orrery.engine.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import orrery.engine.Job;
import orrery.engine.event.Spent;

/**
 * The launcher of a JVM that has been invited to a run: {@link Job#run} then does this member's part, until the
 * coordinator says that the job is over.
 *
 * @param invitation what the coordinator has given
 * @param arguments what it has said of the part to do, for the program to read
 * @param started CPU time that this JVM had spent when it was invited, if it is there for this run alone
 */
public record Membership(Invitation invitation, List<String> arguments, Optional<Duration> started)
        implements Launcher {
    private static final int COORDINATOR_GONE = 3;
    private static final Duration TO_INVITE = Duration.ofMinutes(5);
    private static final String ARGUMENT = "argument=";

    public Membership {
        arguments = List.copyOf(arguments);
    }

    /** With no arguments, in a JVM that does other things, too. */
    public Membership(Invitation invitation) {
        this(invitation, List.of(), Optional.empty());
    }

    @Override
    public int count() {
        return invitation.members();
    }

    /** An invitation and arguments as {@link #read} reads them. */
    static String text(Invitation invitation, List<String> arguments) {
        var text = new StringBuilder();
        for (var argument : arguments) { // which may have any character in it
            text.append(ARGUMENT)
                    .append(Base64.getEncoder().encodeToString(argument.getBytes(StandardCharsets.UTF_8)))
                    .append('\n');
        }
        return text + invitation.text();
    }

    /**
     * Reads the invitation from a stream, such as standard input. When the stream ends, the coordinator has: this JVM then
     * ends at once.
     */
    public static Membership read(InputStream in) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        var text = new StringBuilder();
        var arguments = new ArrayList<String>();
        var late = new Thread(Membership::endsUninvited, "invitation-watch"); // for a process started by hand
        late.setDaemon(true);
        late.start();
        try {
            for (var line = reader.readLine(); ; line = reader.readLine()) {
                late.interrupt(); // there is somebody, whatever the time that it takes
                if (line == null) {
                    throw new IOException("the invitation to the run is cut short");
                }
                if (Invitation.ends(line)) {
                    break;
                }
                if (line.startsWith(ARGUMENT)) {
                    byte[] argument = Base64.getDecoder().decode(line.substring(ARGUMENT.length()));
                    arguments.add(new String(argument, StandardCharsets.UTF_8));
                } else {
                    text.append(line).append('\n');
                }
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
        return new Membership(Invitation.parse(text.toString()), arguments, Optional.of(Spent.byThisProcess()));
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
