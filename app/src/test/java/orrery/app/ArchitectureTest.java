package orrery.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The arrows of DESIGN.md. */
final class ArchitectureTest {
    @Test
    void appUsesWhatItsArrowsSay() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "orrery.app..",
                        "orrery.learn..",
                        "orrery.deep..",
                        "orrery.engine..",
                        "orrery.table..",
                        "orrery.data..",
                        "orrery.store..",
                        "orrery.wire..",
                        "ai.onnx.proto..",
                        "com.google.protobuf..",
                        "com.sun.net.httpserver..",
                        "io.micrometer..",
                        "picocli..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("orrery.app"));
    }

    /** The packages, bottom up: each uses those before it, and none after it; applications do not know one another. */
    @Test
    void noPackageUsesOneAboveIt() {
        var applications = List.of("apps.linear", "apps.factor", "apps.cluster", "apps.topic", "apps.rank", "apps.net");
        var order = List.of(
                List.of("flags"),
                List.of("cluster"),
                List.of("run"),
                List.of("onnx"),
                List.of("apps"),
                applications,
                List.of("verbs"));
        var all = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("orrery.app");
        for (int i = 0; i < order.size(); i++) {
            var above = new ArrayList<>(List.of("orrery.app")); // without its subpackages
            order.subList(i + 1, order.size()).forEach(level -> level.forEach(name -> above.add("orrery.app." + name)));
            for (var name : order.get(i)) {
                var forbidden = new ArrayList<>(above);
                order.get(i).stream()
                        .filter(other -> !other.equals(name))
                        .forEach(other -> forbidden.add("orrery.app." + other));
                noClasses()
                        .that()
                        .resideInAPackage("orrery.app." + name)
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(forbidden.toArray(String[]::new))
                        .check(all);
            }
        }
    }
}
