package orrery.app.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class TerminalTest {
    @Test
    void aNameCannotMakeALineOfItsOwn() {
        var out = new StringWriter();
        try (var terminal = Terminal.of(new PrintWriter(out))) {
            terminal.println("class 'a\norrery: all is well'");
            terminal.printf("%s\n", "b\rc\td");
            terminal.clearLine();
        }
        assertThat(out.toString()).isEqualTo("class 'a\\norrery: all is well'\nb\\rc\td\n\r\u001b[K");
    }
}
