package orrery.bench.wire;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import orrery.bench.Cpu;
import orrery.wire.Credentials;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * The server's end, a process of its own: an array of floats that pushes add to and pulls read, on the event loop. Takes
 * its credentials from its input and ends when that does.
 */
public final class WireServer implements Endpoint.Receiver {
    static final int CELLS = 10_000_000;
    static final int PUSH = 16; // count, keys, values -> PUSHED
    static final int PULL = 17; // count, keys         -> values
    static final int PUSH_RANGE = 18; // start, count, values -> PUSHED, if flags is 1
    static final int PULL_RANGE = 19; // start, count         -> values
    static final int CPU = 20; // -> nanoseconds of this process
    static final int ANSWER = 21;

    private final float[] cells = new float[CELLS];
    private final long[] keys = new long[Frame.MOST_BYTES / Long.BYTES];
    private final float[] values = new float[Frame.MOST_BYTES / Float.BYTES];

    public static void main(String[] args) throws IOException, InterruptedException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var text = new StringBuilder();
        for (var line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            text.append(line).append('\n');
        }
        var settings = Endpoint.Settings.DEFAULT.withCredit(WireBench.CREDIT);
        try (var endpoint = new Endpoint(Credentials.parse(text.toString()), 1, 1, settings, new WireServer())) {
            System.out.println(endpoint.listen().getPort());
            in.readLine(); // until the input ends
        }
    }

    @Override
    public void receive(Frame frame) {
        var peer = frame.from();
        if (peer == null) {
            throw new IllegalStateException("a frame from nobody");
        }
        try (frame) {
            var answer = switch (frame.type()) {
                case PUSH -> {
                    int count = frame.getInt();
                    frame.getLongs(keys, 0, count);
                    frame.getFloats(values, 0, count);
                    for (int i = 0; i < count; i++) {
                        cells[(int) keys[i]] += values[i];
                    }
                    yield Frame.of(ANSWER, Lane.PROMPT, 0);
                }
                case PULL -> {
                    int count = frame.getInt();
                    frame.getLongs(keys, 0, count);
                    for (int i = 0; i < count; i++) {
                        values[i] = cells[(int) keys[i]];
                    }
                    yield Frame.of(ANSWER, Lane.PROMPT, Float.BYTES * count).putFloats(values, 0, count);
                }
                case PUSH_RANGE -> {
                    int start = frame.block();
                    int count = frame.remaining() / Float.BYTES;
                    frame.getFloats(values, 0, count);
                    for (int i = 0; i < count; i++) {
                        cells[start + i] += values[i];
                    }
                    yield Frame.of(ANSWER, Lane.PROMPT, 0);
                }
                case PULL_RANGE -> {
                    int count = frame.getInt();
                    yield Frame.of(ANSWER, Lane.PROMPT, Float.BYTES * count).putFloats(cells, frame.block(), count);
                }
                case CPU -> Frame.of(ANSWER, Lane.PROMPT, 8).putLong(Cpu.nanos());
                default -> throw new IllegalStateException("a " + frame);
            };
            if (!peer.offer(answer.request(frame.request()))) {
                throw new IllegalStateException("no credit for an answer: too many requests are under way");
            }
        }
    }
}
