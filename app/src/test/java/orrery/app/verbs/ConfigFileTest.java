package orrery.app.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigFileTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {" ", "\t", "\"", "a b", " a ", "\\", "\"a\" = \\t b", "#", "'", "=", "", "\u0001", "a\u001b"})
    void valuesComeBackAsTheyWere(String value) throws IOException {
        var file = folder.resolve("options");
        Files.writeString(file, ConfigFile.line("delimiter", value));
        assertThat(ConfigFile.read(file)).hasSize(1);
        assertThat(ConfigFile.read(file).getFirst().value()).isEqualTo(value);
        assertThat(ConfigFile.arguments(ConfigFile.line("delimiter", value))).containsExactly("--delimiter=" + value);
    }
}
