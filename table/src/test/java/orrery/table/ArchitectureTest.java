package orrery.table;

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
    void tableUsesStoreAndWireAndNothingElseOfOurs() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "jdk.incubator.vector..",
                        "jdk.jfr..",
                        "org.jspecify..",
                        "orrery.store..",
                        "orrery.wire..",
                        "orrery.table..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("orrery.table"));
    }

    /** The packages, bottom up: each uses those before it, and none after it. */
    @Test
    void noPackageUsesOneAboveIt() {
        var order = List.of("plan", "spec", "cells", "clock", "outbox", "hold", "mail", "push", "remote", "worker");
        var all = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("orrery.table");
        for (int i = 0; i < order.size(); i++) {
            var above = order.subList(i + 1, order.size()).stream()
                    .map(name -> "orrery.table." + name)
                    .toList();
            var forbidden = new ArrayList<>(above);
            forbidden.add("orrery.table"); // without its subpackages
            noClasses()
                    .that()
                    .resideInAPackage("orrery.table." + order.get(i))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden.toArray(String[]::new))
                    .check(all);
        }
    }
}
