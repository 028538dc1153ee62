package orrery.app.apps.linear;

import java.util.LinkedHashMap;
import java.util.Map;
import orrery.app.flags.FlagGroup;
import picocli.CommandLine.Option;

/** How much classes weigh. */
final class ClassFlags {
    @Option(
            names = "--class-weight",
            paramLabel = "CLASS=X",
            descriptionKey = FlagGroup.MORE,
            description = "The weight of a class's examples; repeatable.")
    Map<String, Float> weights = new LinkedHashMap<>();

    @Option(names = "--balanced", description = "Classes weigh in inverse proportion to their frequency.")
    boolean balanced;
}
