package orrery.data;

/** Names and values from files, as they are shown to people. */
public final class Names {
    private Names() {}

    /** The text with control characters, and what is no UTF-8, in escaped form: it may be printed on a terminal. */
    public static String printable(String text) {
        var shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c == '\t') {
                shown.append("\\t");
            } else if (c == '\n') {
                shown.append("\\n");
            } else if (c == '\r') {
                shown.append("\\r");
            } else if (Character.isISOControl(c) || c == 0xfffd || Character.getType(c) == Character.FORMAT) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }
}
