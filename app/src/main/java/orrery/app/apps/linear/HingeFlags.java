package orrery.app.apps.linear;

import picocli.CommandLine.Option;

/** Which hinge loss a support vector machine has. */
final class HingeFlags {
    @Option(names = "--squared-hinge", description = "The hinge loss, squared.")
    boolean squared;
}
