package orrery.deep;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows of DESIGN.md. */
final class ArchitectureTest {
    @Test
    void deepUsesWhatItsArrowsSay() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.imageio..",
                        "jdk.incubator.vector..",
                        "org.jspecify..",
                        "orrery.deep..",
                        "orrery.engine..",
                        "orrery.table..",
                        "orrery.data..",
                        "orrery.store..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("orrery.deep"));
    }
}
