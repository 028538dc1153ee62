package orrery.app.apps.linear;

import orrery.app.flags.FlagGroup;
import picocli.CommandLine.Option;

/** Whether a linear model has an intercept. */
final class InterceptFlags {
    @Option(names = "--no-intercept", descriptionKey = FlagGroup.MORE, description = "Margins have no constant term.")
    boolean noIntercept;
}
