package orrery.app.run;

import java.io.PrintWriter;
import orrery.store.Printable;

/**
 * Where text for people goes. Names of data, models and members are in it, and what these hold must not do anything to a
 * terminal: control characters are shown escaped. What programs read does not pass by here. Safe for use by many threads.
 */
public final class Terminal extends PrintWriter {
    private Terminal(PrintWriter out) {
        super(out, true);
    }

    /** A writer's text for people. */
    public static Terminal of(PrintWriter out) {
        return out instanceof Terminal terminal ? terminal : new Terminal(out);
    }

    /** A line; line ends in it are shown, too, so that no name can make a line of its own. */
    @Override
    public void println(String line) {
        super.println(Printable.of(line));
    }

    @Override
    public void println(Object value) {
        super.println(Printable.lines(String.valueOf(value))); // of exceptions: their traces
    }

    @Override
    public void write(String text, int from, int length) {
        String shown = Printable.lines(text.substring(from, from + length));
        super.write(shown, 0, shown.length());
    }

    @Override
    public void write(char[] text, int from, int length) {
        write(new String(text, from, length));
    }

    @Override
    public void write(int character) {
        write(String.valueOf((char) character), 0, 1);
    }

    /** Goes to the begin of the line, and clears it. */
    void clearLine() {
        String clear = "\r\u001b[K";
        super.write(clear, 0, clear.length());
        flush();
    }
}
