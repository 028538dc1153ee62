package orrery.app.apps.linear;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Applications;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.learn.Layout;
import orrery.learn.linear.LinearModel;
import orrery.table.spec.KeySpace;
import picocli.CommandLine.Option;

/** Where the weights are. */
final class LayoutFlags {
    @Option(
            names = "--layout",
            paramLabel = "L",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Where weights are: auto (default), dense, keyed or sparse.",
                "dense: each process holds all of them, the fastest as long as they fit. keyed: each holds its own, and asks"
                        + " for those of a batch by key; more processes hold more. sparse: the same, with memory only for"
                        + " weights that were touched. auto: sparse with --hash-bits 64; keyed among processes if a batch touches"
                        + " few of the weights (a thousandth of more than 4 million, or a quarter of the features of a"
                        + " softmax of 8 classes or more); else dense. The models of keyed and sparse weights are written in"
                        + " parts."
            })
    String layout = "auto";

    @Option(
            names = "--make-after",
            paramLabel = "N",
            descriptionKey = FlagGroup.MORE,
            description = {
                "A weight is made by its feature's N-th batch (default: ${DEFAULT-VALUE}); up to 15.",
                "Features that are seen less take no memory. Makes the layout sparse. Not for --consistency local."
            })
    int makeAfter = 1;

    @Option(
            names = "--make-share",
            paramLabel = "P",
            descriptionKey = FlagGroup.MORE,
            description = "Each further batch makes a weight with probability P (default: ${DEFAULT-VALUE}).")
    double makeShare = 1;

    @Option(
            names = "--drop-unused",
            paramLabel = "CLOCKS",
            descriptionKey = FlagGroup.MORE,
            description = "A weight that no batch has touched for so many clocks is dropped at the next cut; 0: never.")
    long dropUnused;

    /** Which weights are made and dropped. */
    KeySpace keys() {
        try {
            return new KeySpace(makeAfter, makeShare, dropUnused);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--make-after, --make-share, --drop-unused: ", e);
        }
    }

    @Option(
            names = "--from-model",
            paramLabel = "MODEL",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Begin with a model that was trained before, or that of a run.",
                "Features that both have go on from its weights, others begin at 0. Not for --rule ftrl and --solver."
            })
    String from = "";

    /** The model to begin with, if there is to be one. */
    @Nullable
    LinearModel initial() {
        if (from.isEmpty()) {
            return null;
        }
        try {
            return LinearModel.load(Applications.file(from));
        } catch (IOException | UsageException e) {
            throw new UsageException("--from-model: " + e.getMessage());
        }
    }

    Layout layout() {
        try {
            return Layout.parse(layout, List.of(Layout.values()));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
