package orrery.store;

/** Texts from files, models, members and strangers, as they are shown to people. */
public final class Printable {
    private Printable() {}

    /**
     * The text on one line that a terminal shows as it is: control characters, what changes the direction of writing, and
     * what is no UTF-8 are escaped.
     */
    public static String of(String text) {
        return escaped(text, false);
    }

    /** The same of a text of several lines, which stay, and so do tabs. */
    public static String lines(String text) {
        return escaped(text, true);
    }

    private static String escaped(String text, boolean keepsLines) {
        int plain = 0;
        while (plain < text.length() && text.charAt(plain) >= ' ' && text.charAt(plain) <= '~') {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        var shown = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            if (keepsLines && (c == '\n' || c == '\t')) {
                shown.appendCodePoint(c);
            } else if (c == '\t') {
                shown.append("\\t");
            } else if (c == '\n') {
                shown.append("\\n");
            } else if (c == '\r') {
                shown.append("\\r");
            } else if (isHidden(c)) {
                for (char half : Character.toChars(c)) {
                    shown.append(String.format("\\u%04x", (int) half));
                }
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    private static boolean isHidden(int c) {
        int type = Character.getType(c);
        return Character.isISOControl(c)
                || c == 0xfffd
                || type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || type == Character.SURROGATE;
    }
}
