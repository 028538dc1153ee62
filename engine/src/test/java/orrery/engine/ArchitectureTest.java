package orrery.engine;

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
    void engineUsesWhatItsArrowsSay() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "orrery.engine..",
                        "orrery.table..",
                        "orrery.wire..",
                        "orrery.store..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("orrery.engine"));
    }

    /** The packages, bottom up: each uses those before it, and none after it. */
    @Test
    void noPackageUsesOneAboveIt() {
        var order = List.of("event", "examples", "keep", "launch", "stage", "team", "members");
        var all = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("orrery.engine");
        for (int i = 0; i < order.size(); i++) {
            var forbidden = new ArrayList<>(order.subList(i + 1, order.size()).stream()
                    .map(name -> "orrery.engine." + name)
                    .toList());
            forbidden.add("orrery.engine"); // without its subpackages
            forbidden.add("orrery.engine.schedule");
            forbidden.add("orrery.engine.train");
            noClasses()
                    .that()
                    .resideInAPackage("orrery.engine." + order.get(i))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden.toArray(String[]::new))
                    .check(all);
        }
    }
}
