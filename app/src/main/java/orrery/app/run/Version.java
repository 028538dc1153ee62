package orrery.app.run;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** What the launcher knows of the build. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "orrery 0.1.0" + commit().map(c -> " (" + c + ")").orElse("") + ", JDK " + Runtime.version()
        };
    }

    public static Optional<String> commit() {
        var commit = System.getProperty("orrery.commit", "");
        return commit.isEmpty() ? Optional.empty() : Optional.of(commit);
    }
}
