package orrery.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
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
                        "orrery.engine..",
                        "orrery.table..",
                        "orrery.data..",
                        "orrery.store..",
                        "orrery.wire..",
                        "com.sun.net.httpserver..",
                        "io.micrometer..",
                        "picocli..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("orrery.app"));
    }
}
