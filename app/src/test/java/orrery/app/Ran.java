package orrery.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import orrery.store.Json;

/** What a command line has come to, run in this JVM. */
record Ran(int code, String out, String err) {
    static Ran of(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = Orrery.run(new PrintWriter(out), new PrintWriter(err), args);
        return new Ran(code, out.toString(), err.toString());
    }

    /** What it printed, of a command that was done. */
    Map<String, Object> json() throws IOException {
        assertThat(code).as(err).isZero();
        return Json.object(out, "output");
    }

    double metric(String part, String name) throws IOException {
        return ((Number) ((Map<?, ?>) json().get(part)).get(name)).doubleValue();
    }
}
